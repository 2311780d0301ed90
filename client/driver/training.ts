import { CairnError } from '../../protocol/errors.ts';
import type { Primitives, SecretBytes } from '../../protocol/crypto/index.ts';
import type { ParameterLayout } from '../../protocol/model/index.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';
import type { Address } from '../transport/transport.ts';
import { ofApp } from '../app-fault.ts';
import type { App } from '../app.ts';
import { assertFinite } from './model.ts';
import type { Models } from './models.ts';
import { assertResult } from './result.ts';
import { subsetSeed, trainingSeed } from './seeds.ts';
import type { LocalUpdate, UpdateKey } from './updates.ts';

/** What local training needs besides the round. */
export interface Trainer {
  readonly app: App;
  readonly data: unknown;
  readonly layout: ParameterLayout;
  /** The coordinator that serves the models. */
  readonly address: Address;
  readonly models: Models;
  readonly primitives: Primitives;
  readonly seed: number;
  /** The client's own 32 bytes: its identity's seed, or random ones. */
  readonly secret: SecretBytes;
}

/** A round to train for. */
export interface TrainingRound extends UpdateKey, Pick<RoundSettings, 'task' | 'round' | 'modelHash'> {}

const OF_TASK = 'the fault is the coordinator’s: have its operator correct the task’s training options';

/**
 * The task's options for local training. An empty string means none.
 * @throws CairnError `settings-invalid` for anything but a JSON object
 */
function trainingOptions(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CairnError('settings-invalid', 'training: the options are not JSON', { cause, hint: OF_TASK });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CairnError('settings-invalid', 'training: the options must be a JSON object', { hint: OF_TASK });
  }
  return value as Record<string, unknown>;
}

/**
 * Trains from the round's model and returns new minus old. Everything that the app returns is checked here, before any
 * other member counts on this client.
 * @param noted called when the model is there; after it resolves, `begins` is called and the app begins
 * @throws CairnError `update-shape`, `update-not-finite` naming the tensor, `data-empty`, `app-failed`, and what
 * `fetchModel` and `noted` throw
 */
export async function trainLocally(
  { app, data, layout, models, primitives, seed, secret }: Trainer,
  round: TrainingRound,
  signal: AbortSignal,
  { noted, begins }: { readonly noted: () => Promise<void>; readonly begins: () => void },
): Promise<LocalUpdate> {
  const options = trainingOptions(round.training);
  const model = await models.parameters(round.modelHash, signal);
  const before = layout.flatten(model);
  const { task, repeat } = round;
  await noted();
  signal.throwIfAborted();
  const seeds = { seed: trainingSeed(primitives, seed, round), subsetSeed: subsetSeed(primitives, secret, round) };
  begins();
  const context = { task, round: round.round, repeat, options, signal, ...seeds };
  const result: unknown = await ofApp('train', () => app.train(model, data, context), signal);
  signal.throwIfAborted();
  assertResult(result, layout);
  const update = layout.flatten(result.parameters);
  for (let i = 0; i < update.length; i++) update[i]! -= before[i]!;
  assertFinite(layout.unflatten(update), updateNotFinite);
  return { update, examples: result.examples, loss: result.loss, accuracy: result.accuracy };
}

const updateNotFinite = (tensor: string): CairnError =>
  new CairnError('update-not-finite', `the update of tensor "${tensor}" contains NaN or an infinite value`, {
    hint: 'lower the learning rate or check the data; nothing was sent',
  });
