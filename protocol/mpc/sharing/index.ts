/** Additive secret sharing over Z_2^32 and Z_2^64: rings, fixed point, Beaver products, truncation. */
export { finishLinear, prepareLinear, productShare, spreadBias, squareShare } from './beaver.ts';
export type { ProductShare, SquareShare } from './beaver.ts';
export { fromFixed, toFixed } from './fixed.ts';
export { convolvedSize, mapSizes } from './linear-map.ts';
export type { ConvolutionMap, DenseMap, LinearMap } from './linear-map.ts';
export { ring32, ring64, ringOf } from './ring.ts';
export { join, split, wipeWords } from './shares.ts';
export { localTruncationFailure, truncateLocally } from './truncate.ts';
export type { PreparedMaps, Ring, WeightedMap, Words } from './types.ts';
