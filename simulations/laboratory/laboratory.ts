import type { Primitives } from '../../protocol/crypto/primitives.ts';
import type { RandomSource } from '../../protocol/crypto/random.ts';
import type { Results } from './results.ts';
import type { Row, Series } from './rows.ts';
import type { WorkerTask } from './task.ts';

/** What an experiment's run works with. */
export interface Laboratory<Settings> {
  readonly settings: Settings;
  readonly seed: number;
  /** Aborted by Ctrl-C. What was recorded until then is kept. */
  readonly signal: AbortSignal;
  readonly primitives: Primitives;
  /** Worker threads that {@link call} spreads tasks over; results never depend on it. */
  readonly threads: number;
  /** What was recorded so far, by this run and by the one that it resumes. */
  readonly results: Results<Settings>;
  /** An integer below 2^53 that depends on the run's seed and the label alone. */
  seedOf(label: string): number;
  /** A stream of bytes, such as sessions take, that depends on the run's seed and the label alone. */
  randomOf(label: string): RandomSource;
  /**
   * Runs a task in a worker thread, or in this one where there are none. Typed arrays in shared memory are handed over
   * without a copy.
   * @throws what the task throws; the signal's reason when aborted
   */
  call<In, Out>(task: WorkerTask<In, Out>, input: In): Promise<Out>;
  /** Records a row. @throws CairnError `internal` for a value that is not finite, or no scalar */
  record<R extends Row>(series: Series<R>, row: R): void;
  /** Records a picture: images/NAME.png. Recorded again, it takes the place of the first. */
  image(name: string, png: Uint8Array): void;
  /** Something large to go on from when a run is resumed: a model between two epochs, say. Written as a whole or not at all. */
  checkpoint(name: string, bytes: Uint8Array): Promise<void>;
  /** What {@link checkpoint} wrote last; undefined where there is none. */
  restore(name: string): Promise<Uint8Array | undefined>;
  /** Says how much work there is in all, in units of the experiment's own; may be called again when it turns out otherwise. */
  plan(units: number): void;
  /** Says that units of work are done, and what is being done, for the progress bar. */
  advance(units: number, doing?: string): void;
}
