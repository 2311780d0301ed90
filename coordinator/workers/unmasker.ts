import { planCost, type UnmaskPlan } from '../../protocol/schemes/secagg/index.ts';
import type { Primitives } from '../../protocol/crypto/index.ts';
import type { MaskVector } from '../../protocol/kernels/index.ts';
import { computeUnmask, type OnProgress } from './unmask.ts';
import { MIN_WORDS, planWords } from './cost.ts';
import { computeInPool } from './in-pool.ts';
import { workerFile } from './location.ts';
import { paced } from './paced.ts';
import { WorkerPool } from './pool.ts';

/** Options for creating an unmasker. */
export interface UnmaskerOptions {
  readonly primitives: Primitives;
  /** Number of worker threads; 0 computes everything on the main thread, in slices. */
  readonly workers: number;
  /** Called with the number of worker threads that were lost. */
  readonly onLost?: (workers: number) => void;
  /** The worker's file, if it is not this package's own. */
  readonly file?: URL | undefined;
  /**
   * Amount of work from which a plan goes to the workers, in words; values other than the measured one are for tests.
   */
  readonly minWords?: number;
}

/** Options for one computation. */
export interface ComputeOptions {
  /** Ends the computation when it is aborted. */
  readonly signal: AbortSignal;
  /** Called a few times a second with the number of masks done, and once more when all are. */
  readonly onProgress?: OnProgress;
}

/** The result of a computation. */
export interface Unmasked {
  /** The sum of the plan's masks. The caller wipes it. */
  readonly correction: MaskVector;
  /** Worker threads that computed it; 0 for the main thread. */
  readonly workers: number;
}

/** Computes unmask plans: large ones in worker threads, small ones on the main thread, where they finish sooner. */
export class Unmasker {
  readonly #options: UnmaskerOptions;
  readonly #pool: WorkerPool | undefined;

  constructor(options: UnmaskerOptions) {
    const { workers, file = workerFile() } = options;
    this.#options = options;
    this.#pool = workers === 0 || file === undefined ? undefined : new WorkerPool(file, workers);
  }

  /** The threads, if there are any, for tests of their loss. */
  get forTestingPool(): WorkerPool | undefined {
    return this.#pool;
  }

  /**
   * Computes a plan while the event loop stays free. The result is the same bits wherever it is computed.
   * @throws CairnError `key-invalid` for a peer's key of low order, `secret-wiped`; the signal's reason once it is
   *   aborted. Then no copy of the plan's secrets is left except in the plan itself.
   */
  async compute(plan: UnmaskPlan, { signal, onProgress = () => undefined }: ComputeOptions): Promise<Unmasked> {
    const unmasked = await this.#compute(plan, signal, paced(onProgress, signal));
    const masks = planCost(plan);
    onProgress(masks, masks);
    return unmasked;
  }

  /** Ends the threads. Computations in progress must be aborted first. May be called twice. */
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
