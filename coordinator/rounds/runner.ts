// Computes what sessions wait for. Rounds know only the interface; a runner tells which computation it is from the
// work.
import type { ServerWork, WorkResult } from '../../protocol/rounds/index.ts';
import { planCost, UnmaskWork } from '../../protocol/schemes/secagg/index.ts';
import { CairnError } from '../../protocol/errors.ts';
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
   * @throws the signal's reason once it is aborted; CairnError `internal` for work of an unknown kind
   */
  run(
    work: ServerWork,
    options: RunOptions,
  ): Promise<{ readonly result: WorkResult; readonly masks: number; readonly workers: number }>;
}

/** The runner for secure aggregation: plans go to worker threads if there are any. */
export const unmaskRunner = (unmasker: Pick<Unmasker, 'compute'>): WorkRunner => ({
  async run(work, options) {
    if (!(work instanceof UnmaskWork)) throw new CairnError('internal', 'there is no runner for this work');
    const { plan } = work;
    const masks = planCost(plan);
    const { correction, workers } = await unmasker.compute(plan, options);
    return { result: correction, masks, workers };
  },
});
