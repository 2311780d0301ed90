/** The hot loops of the protocol: masked vectors, the packing of their values, quantization, and random rotations. */
export { createMaskVector, packedLength } from './mask-vector.ts';
export { dequantize, quantize, quantizeFew } from './quantize.ts';
export { keystreamWords } from './plain/keystream.ts';
export { lowBits } from './packing.ts';
export { rotate, unrotate } from './rotation.ts';
export type { MaskVector, Signs } from './types.ts';
export { assertSimd } from './wasm/module.ts';
