import { setImmediate as nextTurn } from 'node:timers/promises';
import { expandPlan, type UnmaskPlan } from '../../protocol/aggregation/unmask.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { createMaskVector, type MaskVector } from '../../protocol/kernels/index.ts';

/** Milliseconds of computing after which sockets and timers get their turn. */
const SLICE_MS = 10;

/**
 * Computes an unmask plan without keeping the event loop for longer than {@link SLICE_MS} and one mask.
 * @returns what the masks add up to; the caller wipes it
 * @throws the signal's reason once it is aborted; then nothing is left of the result
 */
export async function computeUnmask(
  plan: UnmaskPlan,
  primitives: Primitives,
  signal: AbortSignal,
): Promise<MaskVector> {
  const correction = createMaskVector(plan.length);
  try {
    let turnEnds = performance.now() + SLICE_MS;
    const masks = expandPlan(plan, primitives, correction);
    while (masks.next().done !== true) {
      if (performance.now() < turnEnds) continue;
      await nextTurn();
      signal.throwIfAborted();
      turnEnds = performance.now() + SLICE_MS;
    }
    return correction;
  } catch (thrown) {
    correction.wipe();
    throw thrown;
  }
}
