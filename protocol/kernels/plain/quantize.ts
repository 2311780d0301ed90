import { ChaChaStream } from '../../crypto/chacha.ts';
import { lowBits } from '../packing.ts';
import type { Quantization } from '../types.ts';

/**
 * A number clamped to [−bound, bound] and rounded up with the probability of its fraction: if word / 2^32 is below it.
 * NaN counts as the bound.
 * @param word uniform in [0, 2^32)
 * @param bound an integer
 */
export function roundStochastically(x: number, bound: number, word: number): number {
  // Written like the kernel's minimum and maximum, which differ from Math.min and Math.max for NaN.
  const below = x < bound ? x : bound;
  const inside = below > -bound ? below : -bound;
  const floor = Math.floor(inside);
  return floor + (word / 2 ** 32 < inside - floor ? 1 : 0);
}

/** The twin of the wasm kernel: see quantize in ../quantize.ts. */
export function plainQuantize(values: Float32Array, into: Uint32Array, quantization: Quantization): void {
  const { scale, levels, bits, key, rounds } = quantization;
  const mask = lowBits(bits);
  const stream = new ChaChaStream(key, rounds);
  for (let i = 0; i < values.length; i++) {
    into[i] = roundStochastically(values[i]! * scale, levels, stream.nextWord()) & mask;
  }
  stream.wipe();
}

/** The twin of the wasm kernel: see dequantize in ../quantize.ts. */
export function plainDequantize(words: Uint32Array, into: Float32Array, bits: number, scale: number): void {
  const unused = 32 - bits;
  for (let i = 0; i < words.length; i++) into[i] = ((words[i]! << unused) >> unused) * scale;
}
