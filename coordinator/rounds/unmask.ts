import { setImmediate as nextTurn } from 'node:timers/promises';
import { expandPlan, type UnmaskPlan } from '../../protocol/aggregation/unmask.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { createMaskVector, type MaskVector } from '../../protocol/kernels/index.ts';

/** Milliseconds of computing after which sockets and timers get their turn. */
const SLICE_MS = 10;

/** How a plan is computed. */
export interface UnmaskOptions {
  readonly primitives: Primitives;
  /** Ends the computation when it is aborted. */
  readonly signal: AbortSignal;
  readonly sliceMs?: number;
}

/**
 * Computes an unmask plan without keeping the event loop for longer than a slice and one mask.
 * @returns what the masks add up to; the caller wipes it
 * @throws the signal's reason once it is aborted; then nothing is left of the result
 */
export async function computeUnmask(plan: UnmaskPlan, options: UnmaskOptions): Promise<MaskVector> {
  const { primitives, signal, sliceMs = SLICE_MS } = options;
  const correction = createMaskVector(plan.length);
  try {
    let turnEnds = performance.now() + sliceMs;
    const masks = expandPlan(plan, primitives, correction);
    while (masks.next().done !== true) {
      if (performance.now() < turnEnds) continue;
      await nextTurn();
      signal.throwIfAborted();
      turnEnds = performance.now() + sliceMs;
    }
    return correction;
  } catch (thrown) {
    correction.wipe();
    throw thrown;
  }
}
