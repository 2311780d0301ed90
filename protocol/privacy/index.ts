/**
 * The face `cairn-fl/protocol/privacy`: differential privacy under secure aggregation, with exact noise, its placement
 * in the sum, and its cost over rounds.
 */
export { CairnError, ERROR_CODES, asCairnError, isErrorCode } from '../errors.ts';
export type { ErrorCode, ErrorCodeInfo, ErrorDetails } from '../errors.ts';
export {
  NO_DIVERGENCES,
  addDivergences,
  createBudget,
  restoredDivergences,
  spend,
  spentEpsilon,
} from './accountant/budget.ts';
export type { PrivacyBudget } from './accountant/budget.ts';
export { minNoiseMultiplier } from './accountant/calibrate.ts';
export type { PrivacyTarget } from './accountant/calibrate.ts';
export { ORDERS, epsilonOf, roundCost } from './accountant/convert.ts';
export { drawDefect } from './accountant/draws.ts';
export type { GaussianMechanism, Mechanism, NoisyMechanism } from './accountant/mechanisms.ts';
export { adaptClip } from './clipping.ts';
export type { ClipTracking } from './clipping.ts';
export type { Signs } from '../kernels/index.ts';
export { decodeNoisy } from './distributed/decode.ts';
export type { NoisySum } from './distributed/decode.ts';
export { addCentralNoise, encodeNoisy, fillNoise } from './distributed/encode.ts';
export type { NoisyUpdate } from './distributed/encode.ts';
export { WRAP_PROBABILITY, mechanismOf, paddedLength, planNoise } from './distributed/plan.ts';
export type { NoisePlan, NoiseSettings } from './distributed/plan.ts';
export { createNoiseSampler } from './samplers/index.ts';
export type { NoiseDistribution, NoiseSampler } from './samplers/index.ts';
