/** The face `cairn-fl/protocol/crypto/node`: the suites' operations by Node's own cryptography, by far the fastest. */
export { CairnError, ERROR_CODES, asCairnError, isErrorCode } from '../../errors.ts';
export type { ErrorCode, ErrorCodeInfo, ErrorDetails } from '../../errors.ts';
export { nodePrimitives } from './native.ts';
export { nodeKeyImport } from './native.ts';
export { nodePermutation } from './permutation.ts';
