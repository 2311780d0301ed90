import { CairnError } from '../errors.ts';

/** Maximum length of a vector in words: 1 GiB, and far below the 2^36 words after which a keystream ends. */
const MAX_LENGTH = 2 ** 28;

/** Minimum and maximum bits of a packed value. */
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

/** The lowest `bits` bits set: 2^bits − 1 as bit operations take it. */
export function lowBits(bits: number): number {
  return bits === 32 ? -1 : 2 ** bits - 1;
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

/**
 * Refuses bytes that are no packed vector in its one encoding: of the right length, with zero pad bits.
 * @throws CairnError `wire-bounds` for a wrong length, `wire-not-canonical` for pad bits that are set
 */
export function expectCanonicalPacked(packed: Uint8Array, length: number, bits: number): void {
  const expected = packedLength(length, bits);
  if (packed.length !== expected) {
    throw new CairnError('wire-bounds', `packed vector: expected ${expected} bytes, got ${packed.length}`);
  }
  const usedBits = (length * bits) % 8;
  if (usedBits !== 0 && packed[packed.length - 1]! >>> usedBits !== 0) {
    throw new CairnError('wire-not-canonical', 'packed vector: expected zero pad bits, got others');
  }
}

/**
 * The destination of a packed vector: a new array, or the bytes of `into` from `offset` on.
 * @throws CairnError `wire-bounds` for a length outside [0, 2^28], bits outside [8, 32], or too little space
 */
export function packedTarget(length: number, bits: number, into?: Uint8Array, offset = 0): Uint8Array {
  const needed = packedLength(length, bits);
  if (into === undefined) return new Uint8Array(needed);
  if (Number.isInteger(offset) && offset >= 0 && offset + needed <= into.length) {
    return into.subarray(offset, offset + needed);
  }
  throw new CairnError('wire-bounds', `packed vector: ${needed} bytes do not fit at ${offset} of ${into.length}`);
}

/** @throws CairnError `wire-bounds` for another number of words than `length` */
export function expectWords(what: string, words: ArrayLike<number>, length: number): void {
  if (words.length === length) return;
  throw new CairnError('wire-bounds', `${what}: expected ${length} words, got ${words.length}`);
}
