import { expandPlan } from '../../protocol/schemes/secagg/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { portablePrimitives } from '../../protocol/crypto/index.ts';
import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import { createMaskVector, type MaskVector } from '../../protocol/kernels/index.ts';
import { batchPlan, checkJobs, takeBatch, wipePlan } from './batches.ts';
import { CONTROL, type JobList } from './job-list.ts';

/** A worker's task. */
export interface WorkerTask {
  readonly list: JobList;
  /** The number under which it takes batches, from 1. No two workers on a list have the same. */
  readonly seat: number;
  /** Receives its sum, in shared memory: as many words as the vector has coordinates. */
  readonly sum: Uint32Array;
}

/**
 * How a worker's part ended. A protocol error is returned as a value, since a cloned error loses its code; anything
 * else is thrown, and counts as a lost worker.
 */
export type WorkerEnd =
  | { readonly kind: 'summed' }
  /** It was told to stop: there is no sum. */
  | { readonly kind: 'stopped' }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      readonly culprits: readonly number[];
    };

const PRIMITIVES = { node: nodePrimitives, portable: portablePrimitives } as const;

/** Adds one batch's masks. @returns whether it may continue */
function addBatch(list: JobList, batch: number, into: MaskVector): boolean {
  const { control } = list;
  const plan = batchPlan(list, batch);
  try {
    // If the workers must stop, the generator is left before its end, and wipes what it holds.
    let before = 0;
    for (const done of expandPlan(plan, PRIMITIVES[list.primitives], into)) {
      Atomics.add(control, CONTROL.done, done - before);
      before = done;
      if (Atomics.load(control, CONTROL.stop) !== 0) return false;
    }
    return true;
  } finally {
    wipePlan(plan);
  }
}

function addAll({ list, seat, sum }: WorkerTask): WorkerEnd {
  checkJobs(list);
  if (sum.length !== list.length) throw new Error(`job list: a sum of ${list.length} words got room for ${sum.length}`);
  const vector = createMaskVector(list.length);
  try {
    for (let batch = takeBatch(list, seat); batch !== undefined; batch = takeBatch(list, seat)) {
      if (!addBatch(list, batch, vector)) return { kind: 'stopped' };
    }
    if (Atomics.load(list.control, CONTROL.stop) !== 0) return { kind: 'stopped' };
    sum.set(vector.words());
    return { kind: 'summed' };
  } finally {
    vector.wipe();
  }
}

/**
 * Computes batches of a job list until none is left, and writes what their masks add up to.
 * @throws Error for anything that is not a protocol error, such as an inconsistent list or a lack of memory
 */
export function computeBatches(task: WorkerTask): WorkerEnd {
  try {
    return addAll(task);
  } catch (thrown) {
    if (!(thrown instanceof CairnError)) throw thrown;
    const { code, message, culprits } = thrown;
    return { kind: 'failed', code, message, culprits };
  }
}
