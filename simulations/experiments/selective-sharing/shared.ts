import { type Dataset, subset } from '../../../training/data/index.ts';
import { type Model, Random } from '../../../training/index.ts';
import { hasDiverged } from '../../engine/training.ts';
import { chooseUpload, seedFor, trainEpoch, type LocalSettings, type UploadSettings } from './local.ts';
import { turnsOf } from './orders.ts';
import { download, upload } from './server.ts';
import type { SelectiveSharingSettings } from './settings.ts';
import type { TrainingState } from './state.ts';

/** What an epoch of selective sharing needs to know. */
export type SharedSettings = LocalSettings &
  UploadSettings &
  Pick<SelectiveSharingSettings, 'thetaDownload' | 'order' | 'concurrency'>;

/** The participants' parameters before the first epoch: none where each download replaces them all. */
export function firstLocals(parameters: Float32Array, participants: number, thetaDownload: number): Float32Array[] {
  return thetaDownload === 1 ? [] : Array.from({ length: participants }, () => parameters.slice());
}

interface Begun {
  /** Parameters behind the download. */
  readonly before: Float32Array;
  /** Parameters behind the epoch; undefined where it diverged. */
  readonly after: Float32Array | undefined;
}

/** An epoch of sharing, with what happened in it. */
export interface SharedEpoch {
  readonly state: TrainingState;
  /** Parameters of an upload, on average over the participants. */
  readonly uploaded: number;
  /** Participants that had nothing to upload because their own training diverged. */
  readonly diverged: number;
}

// Much noise makes parameters on which SGD diverges. A participant to whom that happens has no update, as in production.
async function converged(training: Promise<void>): Promise<boolean> {
  try {
    await training;
    return true;
  } catch (thrown) {
    if (hasDiverged(thrown)) return false;
    throw thrown;
  }
}

/**
 * One epoch of distributed selective SGD: every participant has its turn once. It downloads the share θ_d into its own
 * parameters, trains on its own images for an epoch, and uploads the share θ_u of what that changed. What it did not
 * upload stays in its own parameters until a download overwrites it. All that is random follows from the seed, the epoch
 * and the participant.
 */
export async function sharedEpoch(
  model: Model,
  data: Dataset,
  shards: readonly Uint32Array[],
  state: TrainingState,
  settings: SharedSettings,
  seed: number,
  signal: AbortSignal,
): Promise<SharedEpoch> {
  const { thetaDownload, order, concurrency } = settings;
  const server = { parameters: state.parameters.slice(), updates: state.updates.slice() };
  const locals: Float32Array[] = state.locals.map((local) => local.slice());
  const begun = new Map<number, Begun>();
  let total = 0;
  let diverged = 0;
  const turns = turnsOf(order, shards.length, concurrency, new Random(seed, `epoch ${state.epoch} order`));
  for (const { participant, does } of turns) {
    const label = `epoch ${state.epoch} participant ${participant}`;
    if (does === 'download') {
      const local = locals.length > 0 ? locals[participant]! : new Float32Array(server.parameters.length);
      download(server, local, thetaDownload, new Random(seed, `${label} download`));
      const after = local.slice();
      const own = subset(data, shards[participant]!);
      const sound = await converged(trainEpoch(model, after, own, settings, seedFor(seed, label), signal));
      begun.set(participant, { before: local, after: sound ? after : undefined });
      continue;
    }
    const { before, after } = begun.get(participant)!;
    begun.delete(participant);
    if (after === undefined) {
      diverged++;
      continue;
    }
    const change = after.map((value, j) => value - before[j]!);
    const update = chooseUpload(change, settings, new Random(seed, `${label} upload`));
    upload(server, update);
    total += update.indices.length;
    if (locals.length > 0) locals[participant] = after;
  }
  const uploaded = total / shards.length;
  return { state: { ...state, ...server, locals, epoch: state.epoch + 1 }, uploaded, diverged };
}
