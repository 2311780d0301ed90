/**
 * The face `cairn-fl/protocol/crypto`: what a suite consists of (suite.ts), its operations on every platform
 * (portable.ts), and what the protocol builds from them. Node's own implementation of the operations is not exported
 * here: code that a browser loads must not reach `node:crypto`, so Node programs import it from
 * `cairn-fl/protocol/crypto/node`.
 */
export { agreeAll } from './agreer.ts';
export type { AgreementName, Agreer, WantedAgreements } from './agreer.ts';
export { concatBytes, equalBytes, fromHex, toHex, u32le, utf8 } from './bytes.ts';
export { ChaChaStream } from './chacha.ts';
export type { ChaChaRounds } from './chacha.ts';
export { agreementKeyFrom, generateAgreementKey, generateIdentity, identityFrom } from './keys.ts';
export type { KeyPair } from './keys.ts';
export { MerkleTree, proofLength, rootFrom, verifyProof } from './merkle.ts';
export type { MerkleClaim, NodeLabel } from './merkle.ts';
export { portablePrimitives } from './portable.ts';
export type { Agreement, Primitives } from './primitives.ts';
export { systemRandom } from './random.ts';
export type { RandomSource } from './random.ts';
export { openShares, sealKey, sealShares } from './seal.ts';
export type { SealContext } from './seal.ts';
export { SecretBytes } from './secret.ts';
export { unsafeSeededRandom } from './seeded.ts';
export { LagrangeBasis, decodeShare, isCanonicalShare, shareSecret } from './shamir.ts';
export type { SharingInput } from './shamir.ts';
export { DEFAULT_SUITE, FIELD, LABELS, PROTOCOL_VERSION, SIZES, SUITES } from './suite.ts';
export type { Label, SuiteId } from './suite.ts';
export { deriveKey, transcript } from './transcript.ts';
export { webCryptoAgreer } from './webcrypto.ts';
export { CairnError, ERROR_CODES, asCairnError, isErrorCode } from '../errors.ts';
export type { ErrorCode, ErrorCodeInfo, ErrorDetails } from '../errors.ts';
export { expectLength } from './checks.ts';
