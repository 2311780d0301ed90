import { expectLength } from '../crypto/checks.ts';
import { SIZES } from '../crypto/suite.ts';
import { CairnError } from '../errors.ts';
import { floorLog2 } from '../numeric.ts';
import { expectVectorLength } from './packing.ts';
import { plainTransform } from './plain/rotation.ts';
import type { KernelName, Signs, Transform } from './types.ts';
import { wasmWorkspace } from './wasm/workspace.ts';

/** 1/√2 as a 32-bit float. */
const ROOT_HALF = Math.fround(Math.SQRT1_2);

function transform(
  values: Float32Array,
  signs: Signs | undefined,
  order: Transform['order'],
  kernel: KernelName | undefined,
): void {
  expectVectorLength(values.length);
  const log = floorLog2(values.length);
  if (values.length !== 2 ** log) {
    throw new CairnError('wire-bounds', `rotation: expected a power of two of values, got ${values.length}`);
  }
  if (signs !== undefined) expectLength('chacha key', signs.key, SIZES.key);
  // Powers of two are exact, so every engine has the same factor.
  const factor = log % 2 === 0 ? 2 ** (-log / 2) : ROOT_HALF * 2 ** ((1 - log) / 2);
  const task: Transform = { log, factor, signs, order };
  const workspace = wasmWorkspace(kernel);
  if (workspace === undefined) plainTransform(values, task);
  else workspace.transform(values, task);
}

/**
 * The Walsh–Hadamard transform H·v / √n in place, H[i][j] = (−1)^popcount(i & j): orthonormal, so it preserves norms
 * and is its own inverse. In 32-bit floats: each value is scaled first, and then added in log2(n) stages of ascending
 * stride, in either kernel. If a value is not finite, the results are not, and their bits are unspecified.
 * @param values n = 2^p ≤ 2^28 floats
 * @param options `kernel` selects one implementation; both give the same bits
 * @throws CairnError `wire-bounds` for a length that is not a power of two up to 2^28
 * @internal Tests check it against its definition; a rotation has random signs besides.
 */
export function walshHadamard(values: Float32Array, options: { readonly kernel?: KernelName } = {}): void {
  transform(values, undefined, 'signs-first', options.kernel);
}

/**
 * The random rotation H·D·v / √n in place, D the diagonal of random signs: it spreads a vector of any shape evenly over
 * its coordinates, so that few of them are large when quantized (Suresh et al. 2017; Kairouz, Liu & Steinke 2021).
 * Otherwise as {@link walshHadamard}.
 * @param signs the same on both sides of a sum
 * @throws CairnError `wire-bounds` for a length that is not a power of two up to 2^28, `key-invalid` for a key that is
 * not 32 bytes
 */
export function rotate(values: Float32Array, signs: Signs, options: { readonly kernel?: KernelName } = {}): void {
  transform(values, signs, 'signs-first', options.kernel);
}

/**
 * The inverse of {@link rotate}, D·H·v / √n in place; the factor, too, is applied after the additions.
 * @throws CairnError as rotate does
 */
export function unrotate(values: Float32Array, signs: Signs, options: { readonly kernel?: KernelName } = {}): void {
  transform(values, signs, 'signs-last', options.kernel);
}
