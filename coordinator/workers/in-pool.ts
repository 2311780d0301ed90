import { setImmediate as nextTurn } from 'node:timers/promises';
import type { UnmaskPlan } from '../../protocol/schemes/secagg/index.ts';
import type { Primitives } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { createMaskVector, type MaskVector } from '../../protocol/kernels/index.ts';
import type { OnProgress } from './unmask.ts';
import type { WorkerEnd } from './compute.ts';
import { batchSizeFor } from './cost.ts';
import { CONTROL, type JobList, lostBatches, maskCount, shareJobs, stopJobs, wipeJobs, withTodo } from './job-list.ts';
import type { WorkerPool } from './pool.ts';

/** How often workers are given the rest of a plan before they are given up. */
const MAX_GOES = 3;

/** Milliseconds between checks of the workers' progress. */
const LOOK_MS = 100;

/** The part of a pool that is used here. A task whose thread is lost rejects. */
type Threads = Pick<WorkerPool, 'threads' | 'run'>;

/** Options for computing a plan in the pool. */
export interface InPoolOptions {
  readonly pool: Threads;
  readonly primitives: Primitives;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** Called with the number of workers that were lost in one pass. */
  readonly onLost: (workers: number) => void;
}

/** A worker's seat in one pass over a list, and the buffer for its sum. */
interface Seat {
  readonly seat: number;
  readonly sum: Uint32Array;
}

/** Runs a worker for each seat. @returns their results in the order of seats, undefined for a lost one */
async function go(list: JobList, seats: readonly Seat[], pool: Threads): Promise<(WorkerEnd | undefined)[]> {
  return Promise.all(
    seats.map(async (seat) => {
      try {
        const end = await pool.run({ list, ...seat });
        // The plan has failed: no other worker needs to continue.
        if (end.kind === 'failed') wipeJobs(list);
        return end;
      } catch {
        return undefined;
      }
    }),
  );
}

/**
 * One pass over a list: its workers' sums are added to the correction.
 * @returns the batches that must be computed again
 */
async function addGo(
  list: JobList,
  batches: readonly number[],
  correction: MaskVector,
  { pool, signal, onLost }: InPoolOptions,
): Promise<readonly number[]> {
  const seats = Array.from({ length: Math.min(pool.threads, list.todo.length) }, (_, at): Seat => {
    return { seat: at + 1, sum: new Uint32Array(new SharedArrayBuffer(4 * list.length)) };
  });
  try {
    const ends = await go(list, seats, pool);
    signal.throwIfAborted();
    const failed = ends.find((end) => end?.kind === 'failed');
    if (failed?.kind === 'failed') throw new CairnError(failed.code, failed.message, { culprits: failed.culprits });
    const summed = new Set<number>();
    for (const [at, { seat, sum }] of seats.entries()) {
      if (ends[at]?.kind !== 'summed') continue;
      correction.addValues(sum);
      summed.add(seat);
      await nextTurn();
      signal.throwIfAborted();
    }
    if (summed.size < seats.length) onLost(seats.length - summed.size);
    return lostBatches(list, batches, summed);
  } finally {
    // A worker that was given up may still be running.
    stopJobs(list);
    for (const { sum } of seats) sum.fill(0);
  }
}

/** @param onGo called with the list of each pass except the first */
async function addUp(
  first: JobList,
  options: InPoolOptions,
  onGo: (list: JobList) => void,
): Promise<MaskVector | undefined> {
  const correction = createMaskVector(first.length);
  try {
    let batches: readonly number[] = [...first.todo];
    for (let goes = 0, list = first; goes < MAX_GOES && batches.length > 0; goes++) {
      if (goes > 0) onGo((list = withTodo(first, batches)));
      batches = await addGo(list, batches, correction, options);
    }
    if (batches.length === 0) return correction;
    correction.wipe();
    return undefined;
  } catch (thrown) {
    correction.wipe();
    throw thrown;
  }
}

/**
 * Computes a plan with worker threads: each takes batches and sums them, and the sums are added up here. Batches taken
 * by a lost worker are computed again, since its sum is lost. Memory is one vector per worker and one here.
 * @returns what the masks add up to, which the caller wipes; undefined if the workers failed repeatedly
 * @throws CairnError what the computation would have thrown on one thread; the signal's reason once it is aborted
 */
export async function computeInPool(plan: UnmaskPlan, options: InPoolOptions): Promise<MaskVector | undefined> {
  const { primitives, signal, onProgress } = options;
  signal.throwIfAborted();
  let list = shareJobs(plan, primitives.name, batchSizeFor(plan));
  const stop = (): void => wipeJobs(list);
  signal.addEventListener('abort', stop, { once: true });
  const look = setInterval(() => onProgress(Atomics.load(list.control, CONTROL.done), maskCount(list)), LOOK_MS);
  try {
    return await addUp(list, options, (next) => (list = next));
  } finally {
    clearInterval(look);
    signal.removeEventListener('abort', stop);
    wipeJobs(list);
  }
}
