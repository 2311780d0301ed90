export { METRIC_COORDINATES, assertBudget, leastModulusBits, vectorLength } from './scheme.ts';
export type { QuantizationScheme } from './scheme.ts';
export { encodeUpdate } from './encode.ts';
export type { EncodedUpdate, LocalResult } from './encode.ts';
export { decodeSum, openSum } from './decode.ts';
export type { Aggregate, DecodedSum } from './decode.ts';
