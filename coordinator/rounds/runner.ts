// Who computes what sessions wait for. Rounds know the interface alone; which computation it is, a runner tells by the work.
import type { ServerWork, WorkResult } from '../../protocol/rounds/index.ts';
import { planCost, UnmaskWork } from '../../protocol/schemes/secagg/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { Unmasker } from '../workers/index.ts';

/** How a work is computed. */
interface RunOptions {
  /** Ends the computation when it is aborted. */
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, of: number) => void;
}

/** Computes the work of coordinators' sessions, whose steps have been gone through. */
export interface WorkRunner {
  /**
   * @returns what it comes to, which the caller wipes, the masks that were added up, and by how many workers
   * @throws the signal's reason once it is aborted; CairnError `internal` for work that it does not know
   */
  run(
    work: ServerWork,
    options: RunOptions,
  ): Promise<{ readonly result: WorkResult; readonly masks: number; readonly workers: number }>;
}

/** The runner of secure aggregation: plans go to worker threads where there are any. */
export const unmaskRunner = (unmasker: Pick<Unmasker, 'compute'>): WorkRunner => ({
  async run(work, options) {
    if (!(work instanceof UnmaskWork)) throw new CairnError('internal', 'no runner was given for this work');
    const { plan } = work;
    const masks = planCost(plan);
    const { correction, workers } = await unmasker.compute(plan, options);
    return { result: correction, masks, workers };
  },
});
