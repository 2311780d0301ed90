import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describeNetwork, type Network, readNetwork, readOnnx } from '../../inference/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { decodeSafetensors } from '../../protocol/model/index.ts';
import { BUILT_IN_NETWORKS, isBuiltIn } from './built-in.ts';

/** A model's file as a network, and what it is called. */
export interface NamedNetwork {
  /** The task that trained it if the file says so, otherwise the file's name without its ending. */
  readonly name: string;
  readonly network: Network;
}

/** Endings of files with models. */
const ENDING = /\.(safetensors|onnx)$/i;

/**
 * Reads a model's file: safetensors with a description of its layers, or ONNX.
 * @param description a description's file, which counts before the one in the model; or the name of a built-in network
 * @param inputRange of an ONNX file, which does not say it; 0 to 1 by default
 * @throws CairnError `config-unreadable`, `model-malformed`, `model-unsupported`, `network-malformed`,
 * `network-unsupported`; `usage` for a description beside an ONNX file, or a range beside another one
 */
export async function readNetworkFile(
  path: string,
  description?: string,
  inputRange?: readonly [low: number, high: number],
): Promise<NamedNetwork> {
  const bytes = await readWhole(path, 'the model');
  const plain = basename(path).replace(ENDING, '').slice(0, 100);
  if (/\.onnx$/i.test(path)) {
    if (description !== undefined) {
      throw new CairnError('usage', '--network describes a safetensors file; an ONNX file has its layers itself', {
        hint: 'leave --network out',
      });
    }
    return { name: plain, network: named(path, () => readOnnx(bytes, inputRange === undefined ? {} : { inputRange })) };
  }
  if (inputRange !== undefined) {
    throw new CairnError('usage', '--input-range is for ONNX files: a safetensors file’s description has the range', {
      hint: 'write it into the description, as "input": { "range": [low, high] }',
    });
  }
  const { metadata } = named(path, () => decodeSafetensors(bytes));
  const task = metadata['cairn.task'];
  const name = task === undefined || task === '' || task.length > 100 ? plain : task;
  if (description === undefined) return { name, network: named(path, () => readNetwork(bytes)) };
  if (isBuiltIn(description)) {
    const network = named(path, () => readNetwork(describeNetwork(bytes, BUILT_IN_NETWORKS[description])));
    return { name, network };
  }
  const text = new TextDecoder().decode(await readWhole(description, '--network'));
  return { name, network: named(description, () => readNetwork(bytes, text)) };
}

/** Reads, and names the file in what is wrong with it. */
function named<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof CairnError)) throw thrown;
    const { code, message, hint } = thrown;
    throw new CairnError(code, `${path}: ${message}`, { hint, cause: thrown.cause ?? thrown });
  }
}

/** @throws CairnError `config-unreadable` */
export async function readWhole(path: string, what: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CairnError(
      'config-unreadable',
      `${what}: ${path} ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'unknown reason'})`}`,
      { cause, hint: 'check the path, and that this user may read the file' },
    );
  }
}
