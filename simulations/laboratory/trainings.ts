import { CairnError } from '../../protocol/errors.ts';
import type { Laboratory } from './experiment.ts';
import { recorder, workInOrder } from './in-order.ts';
import type { Row, Series } from './series.ts';

/** One training of an experiment: how it begins, how it continues, and how its state is stored between two steps. */
export interface Training<State> {
  /** Names its checkpoint, and the work in the progress bar. */
  readonly id: string;
  /** Units of work of the whole training, as planned by the experiment. */
  readonly units: number;
  /** The state before the first step. */
  begin(): State | Promise<State>;
  /** A state as the bytes of a checkpoint. */
  encode(state: State): Uint8Array;
  /** Reads what {@link encode} wrote. @throws CairnError if the bytes are not a state */
  decode(bytes: Uint8Array): State;
  /** Units of work done at a state, whether nothing is left to do, and its position in words, such as `round 3`. */
  progress(state: State): { readonly done: number; readonly over: boolean; readonly at: string };
  /** Trains until the next evaluation. What it records is recorded before the state is stored. */
  step(state: State): Promise<State>;
  /** Called with a state that is safely on disk: the one that a resumed training continues from, … */
  restored?(state: State): void;
  /** … and then the state after each step. */
  saved?(state: State): void;
}

/**
 * Runs one training to its end: from its checkpoint if a run is resumed, and with a checkpoint after each step.
 * @returns the last state
 * @throws what its parts throw; the signal's reason when aborted
 */
export async function runTraining<State>(
  lab: Pick<Laboratory<unknown>, 'restore' | 'checkpoint' | 'advance' | 'signal'>,
  training: Training<State>,
): Promise<State> {
  const kept = await lab.restore(training.id);
  let state = kept === undefined ? await training.begin() : training.decode(kept);
  if (kept !== undefined) training.restored?.(state);
  let now = training.progress(state);
  lab.advance(now.done, training.id);
  while (!now.over) {
    lab.signal.throwIfAborted();
    const before = now.done;
    state = await training.step(state);
    await lab.checkpoint(training.id, training.encode(state));
    training.saved?.(state);
    now = training.progress(state);
    lab.advance(now.done - before, `${training.id}, ${now.at}`);
  }
  // A training that ends early leaves planned work undone.
  if (now.done < training.units) lab.advance(training.units - now.done);
  return state;
}

/** A training whose state holds all rows that it has produced. */
export interface ScoredTraining<State, R extends Row> extends Omit<Training<State>, 'restored' | 'saved'> {
  /** The rows of a state: those of the state before it, followed by those that the last step added. */
  rows(state: State): readonly R[];
  /** Called with the last state. */
  ended?(state: State): void;
}

/**
 * Runs trainings, as many at once as there are threads, and records their rows in the order of the trainings, whichever
 * finishes first. Rows that a resumed run has already recorded are not recorded again.
 * @param define - makes the training of one of `all` when it is its turn, so that only running ones take memory
 * @throws what a training throws; no further one is then started
 */
export async function runTrainings<Each, State, R extends Row>(
  lab: Laboratory<unknown>,
  series: Series<R>,
  all: readonly Each[],
  define: (each: Each) => ScoredTraining<State, R>,
): Promise<void> {
  await workInOrder(all, lab.threads, recorder(lab, series), async (each, add) => {
    const training = define(each);
    let given = 0;
    const give = (state: State): void => {
      const rows = training.rows(state);
      for (const row of rows.slice(given)) add(row);
      given = rows.length;
    };
    const last = await runTraining(lab, { ...training, restored: give, saved: give });
    training.ended?.(last);
  });
}

/** What a checkpoint holds: a JSON object, and vectors of one length. */
export interface Checkpoint<Header> {
  readonly header: Header;
  readonly vectors: readonly Float32Array[];
}

/** A checkpoint as bytes: header length, JSON header, then all vectors as 32-bit floats of this machine. */
export function encodeCheckpoint({ header, vectors }: Checkpoint<object>): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify({ ...header, size: vectors[0]!.length }));
  const bytes = new Uint8Array(4 + text.length + vectors.reduce((sum, { byteLength }) => sum + byteLength, 0));
  new DataView(bytes.buffer).setUint32(0, text.length);
  bytes.set(text, 4);
  let at = 4 + text.length;
  for (const vector of vectors) {
    bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), at);
    at += vector.byteLength;
  }
  return bytes;
}

/**
 * Reads what {@link encodeCheckpoint} wrote.
 * @param least - minimum number of vectors
 * @throws CairnError `model-malformed` for a length that does not fit
 */
export function decodeCheckpoint<Header>(bytes: Uint8Array, least: number): Checkpoint<Header> {
  const end = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const { size, ...header } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, end))) as { readonly size: number };
  // A copy, aligned for floats; a Buffer's own slice would be a view.
  const rest = new Uint8Array(bytes.subarray(end));
  const count = rest.length / (4 * size);
  if (!Number.isInteger(count) || count < least)
    throw new CairnError(
      'model-malformed',
      `checkpoint: expected ${least} or more vectors of ${size} floats, got ${rest.length} bytes`,
    );
  const vectors = Array.from({ length: count }, (_, i) => new Float32Array(rest.buffer, 4 * size * i, size));
  return { header: header as Header, vectors };
}
