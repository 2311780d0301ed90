/**
 * What both sides of Cairn must agree on, for Node and browsers: errors, models, policies, the settings of a round, and
 * the sessions of secure aggregation, which are pure. The wire format and what settings consist of are in
 * `cairn-fl/protocol/wire`, cryptography and its suites in `cairn-fl/protocol/crypto` (with `crypto/node` for Node's own),
 * noise and its cost in `cairn-fl/protocol/privacy`.
 */
export { PROTOCOL_VERSION } from './crypto/suite.ts';
export { CairnError, ERROR_CODES, asCairnError, isErrorCode } from './errors.ts';
export type { ErrorCode, ErrorCodeInfo, ErrorDetails } from './errors.ts';
export { clientIndex, memberId } from './ids.ts';
export type { ClientIndex, MemberId } from './ids.ts';
export { ParameterLayout } from './model/layout.ts';
export type { NamedTensors, Shapes } from './model/layout.ts';
export { decodeSafetensors, encodeSafetensors, modelOf } from './model/safetensors.ts';
export type { DecodedModel } from './model/safetensors.ts';
export type { LocalResult } from './quantize/index.ts';
export { encodeInput, inputLength, readSum } from './rounds/inputs/index.ts';
export type { DecodedRoundSum, InputShape, ReadingOptions, UnmaskedSum } from './rounds/inputs/index.ts';
export {
  DEFAULT_COLLUDING,
  clientSecretsOf,
  computePlan,
  roundParameters,
  serverSecretsOf,
  startClient,
  startServer,
  stepClient,
  stepServer,
  wantedAgreements,
} from './schemes/secagg/index.ts';
export type {
  AdversaryClass,
  AdversaryModel,
  ClientEvent,
  ClientInput,
  ClientPolicy,
  ClientSelf,
  ClientState,
  ClientStep,
  Drop,
  GraphKind,
  MinNoise,
  Outgoing,
  RoundParameters,
  RoundQuestion,
  ServerEvent,
  ServerInput,
  ServerStart,
  ServerState,
  ServerStep,
  UnmaskPlan,
} from './schemes/secagg/index.ts';
export type { ClientStart, Scheme } from './rounds/scheme.ts';
export type { RoundSettings } from './wire/settings.ts';
