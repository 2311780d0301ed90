import { type Dataset, subset } from '../../../training/data/index.ts';
import { type Model, Random } from '../../../training/index.ts';
import { hasDiverged } from '../../engine/training.ts';
import { chooseUpload, type LocalSettings, seedFor, trainEpoch, type UploadSettings } from './local.ts';
import { countOf, cutLargest, type SparseUpdate } from './selection.ts';
import type { SelectiveSharingSettings } from './settings.ts';
import type { TrainingState } from './trainings.ts';

/** Order of training: in turn, in a new order each epoch, or several at once. */
export type Order = 'round-robin' | 'random' | 'asynchronous';

/** What happens next in an epoch: a participant downloads and begins to train, or is done and uploads. */
export interface Turn {
  readonly participant: number;
  readonly does: 'download' | 'upload';
}

/**
 * The turns of one epoch; each participant has one download followed by one upload. In round robin and in random order
 * the two are adjacent: no other participant comes in between. In asynchronous order `concurrency` participants train
 * at once on the state at their start; which of them uploads next is drawn at random, and then the next one begins.
 */
export function turnsOf(order: Order, participants: number, concurrency: number, random: Random): Turn[] {
  const queue = Uint32Array.from({ length: participants }, (_, i) => i);
  if (order !== 'round-robin') random.shuffle(queue);
  const limit = order === 'asynchronous' ? concurrency : 1;
  const turns: Turn[] = [];
  const training: number[] = [];
  const finishOne = (): void => {
    const participant = training.splice(random.below(training.length), 1)[0]!;
    turns.push({ participant, does: 'upload' });
  };
  for (const participant of queue) {
    if (training.length === limit) finishOne();
    training.push(participant);
    turns.push({ participant, does: 'download' });
  }
  while (training.length > 0) finishOne();
  return turns;
}

/** The parameter server's state, with one number per model parameter in each field. */
interface ServerState {
  /** The global parameters. */
  readonly parameters: Float32Array;
  /** How often each was uploaded. */
  readonly updates: Float32Array;
}

/** The server before any upload. */
export function newServer(parameters: Float32Array): ServerState {
  return { parameters: parameters.slice(), updates: new Float32Array(parameters.length) };
}

/** Adds an upload to the global parameters, in place, and counts it. */
export function upload({ parameters, updates }: ServerState, { indices, values }: SparseUpdate): void {
  for (let i = 0; i < indices.length; i++) {
    parameters[indices[i]!]! += values[i]!;
    updates[indices[i]!]!++;
  }
}

/**
 * Overwrites the share θ_d of a participant's parameters that was updated most often at the server. Among parameters
 * updated equally often, those that fit are drawn at random: taking the first of the vector would always give the same
 * tensors.
 */
export function download(
  { parameters, updates }: ServerState,
  local: Float32Array,
  share: number,
  random: Random,
): void {
  const count = countOf(share, parameters.length);
  if (count === parameters.length) {
    local.set(parameters);
    return;
  }
  const { least, above } = cutLargest(updates, count);
  let wanted = count - above;
  let equal = 0;
  for (const value of updates) if (value === least) equal++;
  for (let i = 0; i < parameters.length; i++) {
    if (updates[i]! < least) continue;
    if (updates[i] === least) {
      // Selection sampling (Knuth 3.4.2 S): each subset of the tied ones is equally likely.
      if (random.below(equal--) >= wanted) continue;
      wanted--;
    }
    local[i] = parameters[i]!;
  }
}

/** Settings of an epoch of selective sharing. */
export type SharedSettings = LocalSettings &
  UploadSettings &
  Pick<SelectiveSharingSettings, 'thetaDownload' | 'order' | 'concurrency'>;

/** The participants' parameters before the first epoch: empty if each download replaces them all. */
export function firstLocals(parameters: Float32Array, participants: number, thetaDownload: number): Float32Array[] {
  return thetaDownload === 1 ? [] : Array.from({ length: participants }, () => parameters.slice());
}

interface Begun {
  /** Parameters after the download. */
  readonly before: Float32Array;
  /** Parameters after the epoch; undefined if it diverged. */
  readonly after: Float32Array | undefined;
}

/** An epoch of sharing, with its statistics. */
export interface SharedEpoch {
  readonly state: TrainingState;
  /** Parameters of an upload, on average over the participants. */
  readonly uploaded: number;
  /** Participants that had nothing to upload because their own training diverged. */
  readonly diverged: number;
}

// Strong noise produces parameters on which SGD diverges. A participant whose training diverges has no update, as in
// production.
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
 * parameters, trains on its own images for an epoch, and uploads the share θ_u of the changes. Changes that it did not
 * upload stay in its own parameters until a download overwrites them. All randomness follows from the seed, the epoch
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
