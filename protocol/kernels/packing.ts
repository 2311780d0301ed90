import { CairnError } from '../errors.ts';

/** The greatest length of a vector in words: 1 GiB, and far below the 2^36 words after which a keystream ends. */
const MAX_LENGTH = 2 ** 28;

/** Fewest and most bits of a packed value. */
const MIN_BITS = 8;
const MAX_BITS = 32;

/** @throws CairnError `wire-bounds` for a length outside [0, 2^28] */
export function expectVectorLength(length: number): void {
  if (Number.isInteger(length) && length >= 0 && length <= MAX_LENGTH) return;
  throw new CairnError('wire-bounds', `vector length: expected an integer up to 2^28, got ${length}`);
}

/** @throws CairnError `wire-bounds` for bits outside [8, 32] */
export function expectBits(bits: number): void {
  if (Number.isInteger(bits) && bits >= MIN_BITS && bits <= MAX_BITS) return;
  throw new CairnError('wire-bounds', `modulus bits: expected ${MIN_BITS} to ${MAX_BITS}, got ${bits}`);
}

/**
 * Bytes of a packed vector: value i occupies the bits i·b … i·b + b − 1 of a little-endian bit string, padded with zero
 * bits to whole bytes.
 * @throws CairnError `wire-bounds` for a length outside [0, 2^28] or bits outside [8, 32]
 */
export function packedLength(length: number, bits: number): number {
  expectVectorLength(length);
  expectBits(bits);
  return Math.ceil((length * bits) / 8);
}

/** Whether bytes are a packed vector in its one encoding: the right length, and zero pad bits. */
export function isCanonicalPacked(packed: Uint8Array, length: number, bits: number): boolean {
  if (packed.length !== packedLength(length, bits)) return false;
  const usedBits = (length * bits) % 8;
  return usedBits === 0 || packed[packed.length - 1] >>> usedBits === 0;
}

/**
 * Refuses what {@link isCanonicalPacked} does.
 * @throws CairnError `wire-bounds` for a wrong length, `wire-not-canonical` for pad bits that are set
 */
export function expectCanonicalPacked(packed: Uint8Array, length: number, bits: number): void {
  const expected = packedLength(length, bits);
  if (packed.length !== expected) {
    throw new CairnError('wire-bounds', `packed vector: expected ${expected} bytes, got ${packed.length}`);
  }
  if (!isCanonicalPacked(packed, length, bits)) {
    throw new CairnError('wire-not-canonical', 'packed vector: expected zero pad bits, got others');
  }
}
