import { availableParallelism } from 'node:os';
import { Unmasker } from '../../coordinator/internal.ts';
import { computePlan, type UnmaskPlan } from '../../protocol/schemes/secagg/index.ts';
import type { Primitives } from '../../protocol/crypto/index.ts';
import type { MaskVector } from '../../protocol/kernels/index.ts';

/** A way to compute unmask plans. */
export interface Computer {
  /** How many threads it uses for a large plan. */
  readonly threads: number;
  compute(plan: UnmaskPlan): MaskVector | Promise<MaskVector>;
  close(): Promise<void>;
}

/** Computes the plan on this thread, without pauses. */
function oneThread(primitives: Primitives): Computer {
  return { threads: 1, compute: (plan) => computePlan(plan, primitives), close: () => Promise.resolve() };
}

/** The coordinator's worker pool. Like the coordinator it keeps small plans on the main thread. */
function workerPool(primitives: Primitives, workers: number): Computer {
  const unmasker = new Unmasker({ primitives, workers });
  const { signal } = new AbortController();
  return {
    threads: workers,
    compute: async (plan) => (await unmasker.compute(plan, { signal })).correction,
    close: () => unmasker.close(),
  };
}

/** All ways to compute a plan here: the one that a coordinator would use comes first. */
export function computers(primitives: Primitives): readonly Computer[] {
  const workers = availableParallelism();
  return workers < 2 ? [oneThread(primitives)] : [workerPool(primitives, workers), oneThread(primitives)];
}
