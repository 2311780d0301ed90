// Computes what sessions wait for. Rounds know only the interface; a runner tells which computation it is from the
// work.
import type { ServerWork, WorkResult } from '../../protocol/rounds/index.ts';
import { planCost, UnmaskWork } from '../../protocol/schemes/secagg/index.ts';
import type { Primitives } from '../../protocol/crypto/index.ts';
import type { Unmasker } from '../workers/index.ts';

/** Options for running work. */
interface RunOptions {
  /** Ends the computation when it is aborted. */
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, of: number) => void;
}

/** Computes the work of coordinators' sessions, after its steps have been run. */
export interface WorkRunner {
  /**
   * @returns the result, which the caller wipes, the number of masks added up, and the number of workers
   * @throws the signal's reason once it is aborted, and what the work throws
   */
  run(
    work: ServerWork,
    options: RunOptions,
  ): Promise<{ readonly result: WorkResult; readonly masks: number; readonly workers: number }>;
}

/** Runs the plans of secure aggregation in worker threads, if there are any, and the work of another scheme on this one. */
export const unmaskRunner = (unmasker: Pick<Unmasker, 'compute'>, primitives: Primitives): WorkRunner => ({
  async run(work, options) {
    if (!(work instanceof UnmaskWork)) return { result: work.compute(primitives), masks: 0, workers: 0 };
    const { plan } = work;
    const masks = planCost(plan);
    const { correction, workers } = await unmasker.compute(plan, options);
    return { result: correction, masks, workers };
  },
});
