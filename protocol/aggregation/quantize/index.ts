export { METRIC_COORDINATES, assertBudget, leastModulusBits, vectorLength } from './scheme.ts';
export type { QuantizationScheme } from './scheme.ts';
export { encodeUpdate } from './encode.ts';
export type { EncodedUpdate, LocalResult } from './encode.ts';
export { decodeSum } from './decode.ts';
export type { Aggregate } from './decode.ts';
