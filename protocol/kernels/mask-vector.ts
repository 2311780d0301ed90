import { PlainMaskVector } from './plain/mask-vector.ts';
import type { KernelName, MaskVector } from './types.ts';
import { WasmMaskVector } from './wasm/mask-vector.ts';
import { assertSimd } from './wasm/module.ts';

export { packedLength } from './packing.ts';

/**
 * How many vectors run on plain TypeScript after the engine had no memory for a wasm one. A refused allocation costs
 * several full garbage collections, about a second, so retrying for every vector would stall the process.
 */
const PATIENCE = 1000;

let plainInstead = 0;

/**
 * A vector of zeros.
 *
 * Engines reserve gigabytes of address space for each wasm memory, so a process can have about ten thousand live
 * vectors at most; beyond that plain TypeScript is used unless wasm was requested by name.
 * @param length number of words, at most 2^28
 * @param options `kernel` selects one implementation
 * @throws CairnError `wire-bounds` for another length; `simd-missing` unless `plain` was requested by name
 */
export function createMaskVector(length: number, options: { readonly kernel?: KernelName } = {}): MaskVector {
  if (options.kernel === 'plain') return new PlainMaskVector(length);
  if (options.kernel === 'wasm') return new WasmMaskVector(length);
  assertSimd();
  if (plainInstead > 0) plainInstead--;
  if (plainInstead > 0) return new PlainMaskVector(length);
  try {
    return new WasmMaskVector(length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    plainInstead = PATIENCE;
    return new PlainMaskVector(length);
  }
}
