/** Permutations for `permute` turns where node:crypto is not at hand; Node's own is in protocol/crypto/node. */
export { portablePermutation } from './portable.ts';
export { type AsyncPermutation, webCryptoPermutation } from './webcrypto.ts';
