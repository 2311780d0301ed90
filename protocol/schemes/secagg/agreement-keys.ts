import { equalBytes, fromHex } from '../../crypto/bytes.ts';
import { SIZES } from '../../crypto/suite.ts';

/** p = 2^255 − 19, least significant byte first. */
const PRIME = Uint8Array.from({ length: SIZES.key }, (_, i) => (i === 0 ? 0xed : i === SIZES.key - 1 ? 0x7f : 0xff));

/** The u-coordinates of the points of small order on the curve and its twist (RFC 7748 §7): 0, 1, −1, two of order 8. */
const LOW_ORDER: readonly Uint8Array[] = [
  new Uint8Array(SIZES.key),
  Uint8Array.from({ length: SIZES.key }, (_, i) => (i === 0 ? 1 : 0)),
  Uint8Array.from(PRIME, (byte, i) => (i === 0 ? byte - 1 : byte)),
  fromHex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'),
  fromHex('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'),
];

/**
 * Whether bytes are an X25519 public key in its one encoding (u < p, top bit clear) and not of low order. X25519 itself
 * takes u and u + p and ignores the top bit (RFC 7748 §5), so one key would have several encodings, and a comparison of
 * bytes would not detect a copied key. Public data: the running time may depend on it.
 */
export function isSoundAgreementKey(key: Uint8Array): boolean {
  return key.length === SIZES.key && isBelowPrime(key) && !LOW_ORDER.some((low) => equalBytes(low, key));
}

function isBelowPrime(key: Uint8Array): boolean {
  for (let i = SIZES.key - 1; i >= 0; i--) if (key[i] !== PRIME[i]) return key[i]! < PRIME[i]!;
  return false;
}
