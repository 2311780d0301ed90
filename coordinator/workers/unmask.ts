import { expandPlan, planCost, type UnmaskPlan } from '../../protocol/schemes/secagg/index.ts';
import type { Primitives } from '../../protocol/crypto/index.ts';
import { createMaskVector, type MaskVector } from '../../protocol/kernels/index.ts';
import { inTurns } from '../../platform/index.ts';

/** Told how many of a plan's masks have been added, as often as there is time to. */
export type OnProgress = (done: number, of: number) => void;

/** How a plan is computed. */
export interface UnmaskOptions {
  readonly primitives: Primitives;
  /** Ends the computation when it is aborted. */
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly sliceMs?: number;
}

/**
 * Computes an unmask plan on this thread without keeping its event loop for longer than a slice and one mask.
 * @returns what the masks add up to; the caller wipes it
 * @throws the signal's reason once it is aborted; then nothing is left of the result
 */
export async function computeUnmask(plan: UnmaskPlan, options: UnmaskOptions): Promise<MaskVector> {
  const { primitives, signal, onProgress, sliceMs } = options;
  const masks = planCost(plan);
  const correction = createMaskVector(plan.length);
  try {
    await inTurns(expandPlan(plan, primitives, correction), {
      signal,
      onPause: (done) => onProgress?.(done, masks),
      ...(sliceMs === undefined ? {} : { sliceMs }),
    });
    return correction;
  } catch (thrown) {
    correction.wipe();
    throw thrown;
  }
}
