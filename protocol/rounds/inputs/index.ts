/** What members put into a round's sum, and what comes out of it: exact under the masks, or with noise. */
export { encodeInput } from './encode.ts';
export { readSum } from './open.ts';
export type { ReadingOptions, DecodedRoundSum, UnmaskedSum } from './open.ts';
export { termsOf } from './terms.ts';
export { assertInputs, inputLength } from './plan.ts';
export type { InputShape, ReadyNoise } from './plan.ts';
