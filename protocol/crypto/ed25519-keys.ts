/**
 * Ed25519 verification differs between libraries at its edges: keys that are not canonically encoded, keys of small
 * order, and points with a component of small order (the cofactored against the cofactorless equation). Members that
 * judge one signature differently would see different rosters, so the suite fixes the edges:
 *
 * 1. a public key is the canonical encoding of a point (RFC 8032 §5.1.3), and not one of the eight of small order;
 * 2. S < L;
 * 3. the cofactorless equation: the bytes of R are the encoding of [S]B − [k]A, which node:crypto checks too.
 *
 * OpenSSL does not check the first point, so it is checked here, from the bytes alone.
 */

/** p = 2^255 − 19, least significant byte first. */
const PRIME = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0xed : i === 31 ? 0x7f : 0xff));

/**
 * The y coordinates, least significant byte first, of the eight points of small order: 0 (order 4), 1 (order 1),
 * −1 (order 2) and ±y8 (order 8). Each occurs with both signs of x or with x = 0.
 */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  new Uint8Array(32),
  Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)),
  Uint8Array.from(PRIME, (byte, i) => (i === 0 ? byte - 1 : byte)),
  Uint8Array.of(
    ...[0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f],
    ...[0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a],
  ),
  Uint8Array.of(
    ...[0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0],
    ...[0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05],
  ),
];

/** Whether a ≥ b, as little-endian numbers of equal length. Public data: it may stop early. */
function atLeast(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = a.length - 1; i >= 0; i--) {
    if (a[i] !== b[i]) return a[i]! > b[i]!;
  }
  return true;
}

/**
 * Whether 32 bytes may be an Ed25519 public key at all: canonical (y < p) and not of small order. A key that passes may
 * still not be a point; the curve arithmetic decides that.
 */
export function isStrictEd25519Key(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  const y = publicKey.slice();
  y[31]! &= 0x7f; // the top bit is the sign of x
  if (atLeast(y, PRIME)) return false;
  return !SMALL_ORDER_Y.some((small) => small.every((byte, i) => byte === y[i]));
}
