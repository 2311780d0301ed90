/**
 * What both sides of Cairn must agree on, for Node and browsers: errors, models, policies, the settings of a round, and
 * the sessions of secure aggregation, which are pure. The wire format is in `cairn-fl/protocol/wire`, cryptography in
 * `cairn-fl/protocol/crypto` (with `crypto/node` for Node's own), noise and its cost in `cairn-fl/protocol/privacy`.
 */
export { DEFAULT_SUITE, PROTOCOL_VERSION } from './crypto/suite.ts';
export type { SuiteId } from './crypto/suite.ts';
export { CairnError, ERROR_CODES, asCairnError, isErrorCode } from './errors.ts';
export type { ErrorCode, ErrorCodeInfo, ErrorDetails } from './errors.ts';
export { clientIndex, memberId } from './ids.ts';
export type { ClientIndex, MemberId } from './ids.ts';
export { ParameterLayout } from './model/layout.ts';
export type { NamedTensors, Shapes } from './model/layout.ts';
export { decodeSafetensors, encodeSafetensors, modelOf } from './model/safetensors.ts';
export type { DecodedModel } from './model/safetensors.ts';
export { printable } from './printable.ts';
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
  ClientContext,
  ClientEvent,
  ClientInput,
  ClientPolicy,
  ClientSelf,
  ClientState,
  ClientStep,
  Drop,
  DropEffect,
  FrozenSum,
  GraphKind,
  MinNoise,
  Outgoing,
  RoundParameters,
  RoundQuestion,
  ServerContext,
  ServerEvent,
  ServerInput,
  ServerStart,
  ServerState,
  ServerStep,
  UnmaskPlan,
} from './schemes/secagg/index.ts';
export type { ClientStart, Scheme } from './rounds/scheme.ts';
export { settingsHash } from './wire/settings.ts';
export type { RoundPrivacy, RoundSettings, UntrainedRange } from './wire/settings.ts';
