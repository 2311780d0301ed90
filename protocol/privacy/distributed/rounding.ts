import type { RandomSource } from '../../crypto/random.ts';
import { SIZES } from '../../crypto/suite.ts';
import { quantize } from '../../kernels/index.ts';

/**
 * Maximum L2 norm of a vector of norm x after conditional rounding to integers, with β = e^−½, for which √(2 ln(1/β))
 * is 1 (Kairouz, Liu & Steinke 2021).
 * @param x norm of the scaled vector
 * @param d number of coordinates
 */
export function roundedNormBound(x: number, d: number): number {
  const root = Math.sqrt(d);
  return Math.min(x + root, Math.sqrt(x * x + d / 4 + x + root / 2));
}

/** ChaCha rounds of the stream that rounding draws from; no other client needs to know it. */
const ROUNDING_ROUNDS = 12;

/** Coordinates whose squares are summed in doubles: 2^20 · 2^32 < 2^53. */
const RUN = 2 ** 20;

/**
 * Σ x² over signed 32-bit numbers, exactly.
 * @internal Tests hold it against big integers.
 */
export function squaredNorm(values: Int32Array): bigint {
  let total = 0n;
  for (let from = 0; from < values.length; from += RUN) {
    const end = Math.min(from + RUN, values.length);
    let high = 0;
    let middle = 0;
    let low = 0;
    for (let i = from; i < end; i++) {
      const size = Math.abs(values[i]!);
      const upper = Math.floor(size / 2 ** 16);
      const lower = size % 2 ** 16;
      high += upper * upper;
      middle += upper * lower;
      low += lower * lower;
    }
    total += (BigInt(high) << 32n) + (BigInt(middle) << 17n) + BigInt(low);
  }
  return total;
}

/**
 * Draws before rounding becomes deterministic. Each fails with probability at most β, so all of them fail for e^−50 of
 * updates.
 */
const DRAWS = 100;

/**
 * Conditional stochastic rounding: each coordinate is rounded up or down at random, which preserves the mean, and all
 * are drawn again until the norm is at most the bound. So the norm is bounded with certainty, not just probably, at the
 * cost of a bias that the paper bounds. After 100 draws everything is rounded towards zero, which never increases the
 * norm.
 * @param values floats; norm · scale is at most the value that the bound was computed for
 * @param scale factor applied before rounding
 * @param bits results are clamped to the range of b bits
 * @param random called for 32 bytes at each draw
 */
export function roundConditionally(
  values: Float32Array,
  { scale, bits, bound }: { readonly scale: number; readonly bits: number; readonly bound: number },
  random: RandomSource,
): Int32Array<ArrayBuffer> {
  const levels = 2 ** (bits - 1) - 1;
  const words = new Uint32Array(values.length);
  const rounded = new Int32Array(words.buffer);
  const most = BigInt(Math.floor(bound * bound));
  for (let i = 0; i < DRAWS; i++) {
    const key = random(SIZES.key);
    quantize(values, words, { scale, levels, bits: 32, key, rounds: ROUNDING_ROUNDS });
    key.fill(0);
    if (squaredNorm(rounded) <= most) return rounded;
  }
  for (let i = 0; i < values.length; i++) {
    rounded[i] = Math.min(Math.max(Math.trunc(values[i]! * scale), -levels), levels);
  }
  return rounded;
}
