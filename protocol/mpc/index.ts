/**
 * The face `cairn-fl/protocol/mpc`: computing on what two parties hide from each other. Parties are generators that do
 * nothing but compute ({@link Party}); the program that runs them carries their messages. Each building block is a separate
 * room, with its paper: additive sharing, Boolean circuits, garbling, GMW, oblivious transfer and what a dealer
 * prepares. All of it holds against parties that follow the protocol; each file says what does not.
 */
export { CairnError, ERROR_CODES, asCairnError, isErrorCode } from '../errors.ts';
export type { ErrorCode, ErrorCodeInfo, ErrorDetails } from '../errors.ts';
export * as circuits from './circuits/index.ts';
export * as dealer from './dealer/index.ts';
export * as garbling from './garbling/index.ts';
export * as gmw from './gmw/index.ts';
export * as sharing from './sharing/index.ts';
export * as transfer from './transfer/index.ts';
export { Prg } from './prg.ts';
export { joinWords32, joinWords64, sliceWords } from './slice-words.ts';
export { packedRowBytes, packRows, rowWords, type Slices, unpackRows, zeroSlices } from './slices.ts';
export {
  exchange,
  type Exchange,
  type PairResult,
  type Party,
  type Permutation,
  type Permute,
  receive,
  runPair,
  send,
  type Turn,
} from './turn.ts';
