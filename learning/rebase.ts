import { ChaChaStream, LABELS, type Primitives, transcript } from '../protocol/crypto/index.ts';

/** Length of the step, as a part of the root mean square of the model's values. */
const PART = 2 ** -10;

/** What stands for the root mean square of a model whose values are all zero, or next to nothing. */
const MIN_RMS = 1e-2;

/** Below this a step would be lost in the rounding of float32, as far as it has one at all. */
const TINY_RMS = 1e-30;

/**
 * Moves a model by a small step, so that members that hold a survivor set for the model before may be seated in other
 * cohorts: every parameter by ρ up or down, where ρ is 2⁻¹⁰ of the root mean square of all of them, in float32. The signs
 * are the bits of the ChaCha12 stream of T(rebase, modelHash, rebases), least significant first, 0 for up: they follow
 * from the model, so that nobody chooses the direction, and a step that a crash cut off is made again just so.
 * @param flat - parameters in layout order; not changed
 * @param modelHash - of the model before, 32 bytes
 * @param rebases - number of the step since the last round that committed, from 1
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

/** Of the values as doubles; 0 where it is next to nothing. */
function rootMeanSquare(flat: Float32Array): number {
  let squares = 0;
  for (const value of flat) squares += value * value;
  const root = Math.sqrt(squares / flat.length);
  return root < TINY_RMS ? 0 : root;
}
