import { planCost, type UnmaskPlan } from '../../protocol/schemes/secagg/index.ts';
import type { Primitives } from '../../protocol/crypto/index.ts';
import type { MaskVector } from '../../protocol/kernels/index.ts';
import { computeUnmask, type OnProgress } from './unmask.ts';
import { MIN_WORDS, planWords } from './cost.ts';
import { computeInPool } from './in-pool.ts';
import { workerFile } from './location.ts';
import { paced } from './paced.ts';
import { WorkerPool } from './pool.ts';

/** What an unmasker is made with. */
export interface UnmaskerOptions {
  readonly primitives: Primitives;
  /** Number of worker threads; 0 computes everything on the main thread, in slices. */
  readonly workers: number;
  /** Called with the number of worker threads that were lost. */
  readonly onLost?: (workers: number) => void;
  /** The worker's file, where it is not the one of this package. */
  readonly file?: URL | undefined;
  /** Work from which a plan goes to the workers, in words; other values than the measured one are for tests. */
  readonly minWords?: number;
}

/** What one computation is asked for with. */
export interface ComputeOptions {
  /** Ends the computation when it is aborted. */
  readonly signal: AbortSignal;
  /** Told a few times a second how many masks are done, and once more when all are. */
  readonly onProgress?: OnProgress;
}

/** What came out of a computation. */
export interface Unmasked {
  /** What the plan's masks add up to. The caller wipes it. */
  readonly correction: MaskVector;
  /** Worker threads that computed it; 0 for the main thread. */
  readonly workers: number;
}

/** Computes unmask plans: great ones in worker threads, small ones on the main thread, where they are done sooner. */
export class Unmasker {
  readonly #options: UnmaskerOptions;
  readonly #pool: WorkerPool | undefined;

  constructor(options: UnmaskerOptions) {
    const { workers, file = workerFile() } = options;
    this.#options = options;
    this.#pool = workers === 0 || file === undefined ? undefined : new WorkerPool(file, workers);
  }

  /** The threads, where there are any: what tests of their loss look at. */
  get forTestingPool(): WorkerPool | undefined {
    return this.#pool;
  }

  /**
   * Computes a plan while the event loop stays free. The same bits come out wherever it is computed.
   * @throws CairnError `key-invalid` for a peer's key of low order, `secret-wiped`; the signal's reason once it is
   *   aborted. Then nothing is left of the plan's secrets but in the plan.
   */
  async compute(plan: UnmaskPlan, { signal, onProgress = () => undefined }: ComputeOptions): Promise<Unmasked> {
    const unmasked = await this.#compute(plan, signal, paced(onProgress, signal));
    const masks = planCost(plan);
    onProgress(masks, masks);
    return unmasked;
  }

  /** Ends the threads. Computations under way are to be aborted before. May be called twice. */
  async close(): Promise<void> {
    await this.#pool?.close();
  }

  async #compute(plan: UnmaskPlan, signal: AbortSignal, onProgress: OnProgress): Promise<Unmasked> {
    const { primitives, minWords = MIN_WORDS, onLost = () => undefined } = this.#options;
    const pool = this.#pool;
    if (pool !== undefined && planWords(plan) >= minWords) {
      const correction = await computeInPool(plan, { pool, primitives, signal, onProgress, onLost });
      if (correction !== undefined) return { correction, workers: pool.threads };
    }
    return { correction: await computeUnmask(plan, { primitives, signal, onProgress }), workers: 0 };
  }
}
