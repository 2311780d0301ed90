import { utf8 } from '../../protocol/crypto/bytes.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { ParameterLayout } from '../../protocol/model/layout.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import { ofApp } from '../app-fault.ts';
import type { App, TrainingResult } from '../app.ts';
import type { Address } from '../transport/transport.ts';
import { assertFinite, fetchModel } from './model.ts';
import type { LocalUpdate } from './updates.ts';

/** What local training needs besides the round. */
export interface Trainer {
  readonly app: App;
  readonly data: unknown;
  readonly layout: ParameterLayout;
  readonly address: Address;
  readonly primitives: Primitives;
  readonly seed: number;
}

/**
 * The task's options for local training. An empty text means none.
 * @throws CairnError `settings-invalid` for anything but a JSON object
 */
function trainingOptions(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CairnError('settings-invalid', 'training: the options are not JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CairnError('settings-invalid', 'training: the options must be a JSON object');
  }
  return value as Record<string, unknown>;
}

/**
 * A seed for one round's shuffling. It is no secret and reaches no key: 32 bits of SHA-256.
 * @param earlier updates of the same model that have been in a sum: each training after one is another
 */
function roundSeed(primitives: Primitives, seed: number, { task, round }: RoundSettings, earlier: number): number {
  const parts = [seed, task, round, ...(earlier === 0 ? [] : [earlier])];
  const digest = primitives.sha256(utf8(JSON.stringify(parts)));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0, true);
}

/**
 * Trains from the round's model and gives new minus old. Everything that the app returns is checked here, before any
 * other member counts on this client.
 * @param onTraining called when the model is there and the app begins
 * @param earlier how many updates of the same task, model and options have been in a sum
 * @throws CairnError `update-shape`, `update-not-finite` naming the tensor, `data-empty`, `app-failed`, and what
 * `fetchModel` throws
 */
export async function trainLocally(
  { app, data, layout, address, primitives, seed }: Trainer,
  settings: RoundSettings,
  signal: AbortSignal,
  onTraining: () => void,
  earlier = 0,
): Promise<LocalUpdate> {
  const options = trainingOptions(settings.training);
  const model = await fetchModel(address, primitives, settings.modelHash, layout, signal);
  const before = layout.flatten(model);
  const { task, round } = settings;
  onTraining();
  const context = { task, round, options, signal, seed: roundSeed(primitives, seed, settings, earlier) };
  const result = await ofApp('train', () => app.train(model, data, context), signal);
  signal.throwIfAborted();
  const update = layout.flatten(result.parameters);
  assertResult(result);
  for (let i = 0; i < update.length; i++) update[i] -= before[i];
  assertFinite(layout.unflatten(update), updateNotFinite);
  return { update, examples: result.examples, loss: result.loss, accuracy: result.accuracy };
}

const updateNotFinite = (tensor: string): CairnError =>
  new CairnError('update-not-finite', `the update of tensor "${tensor}" holds NaN or an infinite value`);

function assertResult({ examples, loss, accuracy }: TrainingResult): void {
  if (!Number.isSafeInteger(examples) || examples < 1) {
    throw new CairnError('data-empty', `a whole number of examples from 1 was expected, but training used ${examples}`);
  }
  if (!Number.isFinite(loss)) throw new CairnError('update-not-finite', 'the loss after training is not finite');
  if (!Number.isFinite(accuracy)) throw new CairnError('update-not-finite', 'the accuracy is not finite');
}
