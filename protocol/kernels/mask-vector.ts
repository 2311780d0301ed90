import { PlainMaskVector } from './plain.ts';
import type { KernelName, MaskVector } from './types.ts';

export { isCanonicalPacked, packedLength } from './packing.ts';
export type { KernelName, MaskVector } from './types.ts';

/**
 * A vector of zeros.
 * @param length number of words, at most 2^28
 * @throws CairnError `wire-bounds` for another length
 */
export function createMaskVector(length: number, _options: { readonly kernel?: KernelName } = {}): MaskVector {
  return new PlainMaskVector(length);
}
