export { assertBudget, minModulusBits, vectorLength } from './scheme.ts';
export type { LocalResult, QuantizationScheme, VectorShape } from './types.ts';
export { encodeUpdate, trainedPart } from './encode.ts';
export type { Cut, EncodedUpdate } from './encode.ts';
export { decodeSum, openPeaks, openSum } from './decode.ts';
export type { Aggregate, Bounded, DecodedSum } from './decode.ts';
export { peakCoordinates } from './peaks.ts';
export type { Peaks } from './peaks.ts';
export { levels } from './scheme.ts';
