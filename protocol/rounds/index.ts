/** What other parts may import from protocol/rounds/. */
export { encodeInput } from './inputs/encode.ts';
export { inputRecord, keepsInput, roundingSource } from './inputs/kept.ts';
export { measuringPoint, modelPoint } from './inputs/model-point.ts';
export {
  type DecodedRoundSum,
  type ReadingOptions,
  type UnmaskedSum,
  addNoise,
  readMeasures,
  readSum,
} from './inputs/open.ts';
export { type NoisyShape, inputLength, noisePlanOf } from './inputs/plan.ts';
export { termsOf } from './inputs/terms.ts';
export type { AdversaryClass, ClientPolicy, MinNoise } from './policy.ts';
export {
  type ClientEvent,
  type ClientInput,
  type ClientSession,
  type ClientStart,
  type ClientStep,
  type Drop,
  type Outgoing,
  type RememberedSession,
  type RosterParameters,
  type Scheme,
  type SentMessage,
  type ServerEvent,
  type ServerInput,
  type ServerSession,
  type ServerStep,
  type ServerWork,
  type WorkResult,
  schemeOf,
} from './scheme.ts';
export {
  COLLECTING,
  COLLECTING_STATES,
  type CollectingState,
  ROUND_STATES,
  STATE_ORDER,
  type ServerStateName,
  type TimedState,
  byState,
  isCollectingState,
  stateOfMessage,
  stateTaking,
} from './states.ts';
