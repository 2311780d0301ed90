import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { quantise } from '../../inference/index.ts';
import { decodeHalf, encodeHalf, type ModelHalf, splitModel } from '../../inference/internal.ts';
import { createPrivate, openPrivate, unwritable } from '../../platform/index.ts';
import { systemRandom, toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import { data, EXIT, say } from '../io.ts';
import { boundsText, planLine } from './plan-lines.ts';
import { type PlanFlags, planModel } from './plan-model.ts';

/** What `cairn serve split` is told. */
export interface SplitFlags extends PlanFlags {
  readonly out: string;
  readonly name?: string;
  readonly json?: boolean;
}

/**
 * Splits a model into the shares of two servers, each in a separate file.
 * @throws CairnError of planning; `folder-unwritable`; `config-invalid` if a file exists
 */
export async function split(path: string, flags: SplitFlags): Promise<number> {
  const { out, json } = flags;
  const model = await planModel(path, flags);
  const { plan, hash, network, bounds } = model;
  if (plan.system !== 'secureml') {
    throw new CairnError('usage', `${plan.system} is served by the model’s owner alone: nothing is split`, {
      hint: 'pass --protocol secureml',
    });
  }
  await mkdir(out, { recursive: true }).catch((cause: unknown) => {
    throw unwritable(out, cause);
  });
  const halves = splitModel(flags.name ?? model.name, plan, quantise(network, plan), systemRandom);
  const [a, b] = ['a', 'b'].map((role) => join(out, `${role}.shares`)) as [string, string];
  for (const [at, file] of [a, b].entries()) {
    const bytes = encodeHalf(halves[at]!);
    await createPrivate(file, bytes);
    bytes.fill(0);
  }
  if (json === true) data(printableJson({ kind: 'split', a, b, planHash: toHex(hash), bounds }));
  else for (const file of [a, b]) data(file);
  const lines = [
    `${model.name}: ${planLine(plan, hash)}; ${boundsText(bounds)}`,
    'either file alone says nothing of the weights; together they are the model: give them to two servers that do not work together, and delete them here',
    `server b: cairn serve --shares ${b} --protocol secureml --role b`,
    `server a: cairn serve --shares ${a} --protocol secureml --role a --peer URL of b`,
  ];
  for (const line of lines) say(printable(line));
  return EXIT.ok;
}

/** Reads one server's file. @throws CairnError `config-unreadable`, `key-file-mode`, `model-malformed` */
export async function readHalf(path: string): Promise<ModelHalf> {
  const file = await openPrivate(path, 'r');
  let bytes: Uint8Array | undefined;
  try {
    bytes = await file.readFile();
    return decodeHalf(bytes);
  } catch (thrown) {
    if (!(thrown instanceof CairnError)) throw thrown;
    throw new CairnError(thrown.code, `${path}: ${thrown.message}`, { hint: thrown.hint, cause: thrown });
  } finally {
    bytes?.fill(0);
    await file.close();
  }
}
