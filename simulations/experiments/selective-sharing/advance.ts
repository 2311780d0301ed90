import { type Dataset, subset } from '../../../training/data/index.ts';
import { evaluate } from '../../../training/index.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import { buildNetwork, type NetworkKind } from '../../models/networks.ts';
import { seedFor, trainEpoch } from './local.ts';
import { type SharedSettings, sharedEpoch } from './sharing.ts';
import type { TrainingState } from './trainings.ts';

/** Some epochs of one training. */
interface Advance {
  readonly model: NetworkKind;
  /** All training images, in shared memory. */
  readonly train: Dataset;
  readonly test: Dataset;
  /** The images of each participant; empty for all images. */
  readonly shards: readonly Uint32Array[];
  /** How participants train and share; baselines only use the training part. */
  readonly settings: SharedSettings;
  /** Whether parameters are shared; a baseline trains on the images of its one shard, or on all. */
  readonly shared: boolean;
  readonly seed: number;
  readonly state: TrainingState;
  /** The epoch at which to stop; the model is then scored. */
  readonly until: number;
}

/** Trains until an epoch and scores the model on the test set: a shared one by its global parameters. */
export const advance = defineWorkerTask(
  import.meta.url,
  'advance',
  async (input: Advance, signal): Promise<TrainingState> => {
    const { train, test, shards, settings, shared, seed, until } = input;
    const model = buildNetwork('mnist', input.model);
    let { state } = input;
    let uploaded: number | null = null;
    let diverged: number | null = null;
    const whole = shared || shards.length === 0 ? train : subset(train, shards[0]!);
    while (state.epoch < until) {
      signal.throwIfAborted();
      if (shared) {
        const epoch = await sharedEpoch(model, train, shards, state, settings, seed, signal);
        ({ state, uploaded } = epoch);
        diverged = (diverged ?? 0) + epoch.diverged;
      } else {
        const parameters = state.parameters.slice();
        await trainEpoch(model, parameters, whole, settings, seedFor(seed, `epoch ${state.epoch}`), signal);
        state = { ...state, parameters, epoch: state.epoch + 1 };
      }
    }
    const { accuracy, loss } = await evaluate(model, state.parameters, test, { signal });
    const score = { epoch: until, accuracy, loss: Number.isFinite(loss) ? loss : null, uploaded, diverged };
    return { ...state, scores: [...state.scores, score] };
  },
);
