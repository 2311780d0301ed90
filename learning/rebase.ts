import { ChaChaStream, LABELS, type Primitives, transcript } from '../protocol/crypto/index.ts';

/** Length of the step, as a part of the root mean square of the model's values. */
const PART = 2 ** -10;

/** Used as the root mean square of a model whose values are all zero, or close to it. */
const MIN_RMS = 1e-2;

/** Below this a step would be lost in float32 rounding, or underflow. */
const TINY_RMS = 1e-30;

/**
 * Moves a model by a small step, so that members that hold a survivor set for the previous model may be seated in other
 * cohorts: every parameter by ρ up or down, where ρ is 2⁻¹⁰ of the root mean square of all of them, in float32. The
 * signs are the bits of the ChaCha12 stream of T(rebase, modelHash, rebases), least significant first, 0 for up: they
 * follow from the model, so that no party chooses the direction, and a step interrupted by a crash is repeated exactly.
 * @param flat - parameters in layout order; not changed
 * @param modelHash - of the previous model, 32 bytes
 * @param rebases - number of the step since the last committed round, from 1
 * @returns the moved parameters
 */
export function rebased(
  primitives: Primitives,
  flat: Float32Array,
  modelHash: Uint8Array,
  rebases: number,
): Float32Array {
  const stream = new ChaChaStream(transcript(primitives, LABELS.rebase, modelHash, Uint8Array.of(rebases)), 12);
  const step = Math.fround(PART * (rootMeanSquare(flat) || MIN_RMS));
  const moved = new Float32Array(flat.length);
  let signs = 0;
  for (let j = 0; j < flat.length; j++) {
    if (j % 32 === 0) signs = stream.nextWord();
    moved[j] = (signs & 1) === 0 ? flat[j]! + step : flat[j]! - step;
    signs >>>= 1;
  }
  return moved;
}

/** Computed in doubles; 0 if it is close to nothing. */
function rootMeanSquare(flat: Float32Array): number {
  let squares = 0;
  for (const value of flat) squares += value * value;
  const root = Math.sqrt(squares / flat.length);
  return root < TINY_RMS ? 0 : root;
}
