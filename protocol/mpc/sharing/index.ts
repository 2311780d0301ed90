/** Additive secret sharing over Z_2^32 and Z_2^64: rings, fixed point, Beaver products, truncation. */
export { convolvedSize, mapSizes } from './linear-map.ts';
export type { ConvolutionMap, DenseMap, LinearMap } from './linear-map.ts';
export { ring32, ring64 } from './ring.ts';
export type { Ring, Words } from './types.ts';
