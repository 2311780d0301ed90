import { CairnError } from '../errors.ts';
import { FIELD, SIZES } from './suite.ts';

/** Bits of a field element, the fewest that hold p − 1. */
const ELEMENT_BITS = 27;

/**
 * Writes up to 27 bits at a bit offset of a little-endian bit string; the bits there are zero before. A value touches
 * at most five bytes; those past the end of the array are zero and are dropped.
 */
function writeBits(bytes: Uint8Array, offset: number, value: number): void {
  const first = offset >>> 3;
  const shift = offset & 7;
  const low = value << shift;
  bytes[first]! |= low;
  bytes[first + 1]! |= low >>> 8;
  bytes[first + 2]! |= low >>> 16;
  bytes[first + 3]! |= low >>> 24;
  if (shift > 5) bytes[first + 4]! |= value >>> (32 - shift);
}

/** Reads up to 27 bits, as {@link writeBits} wrote them. */
function readBits(bytes: Uint8Array, offset: number, width: number): number {
  const first = offset >>> 3;
  const shift = offset & 7;
  const low = bytes[first]! | (bytes[first + 1]! << 8) | (bytes[first + 2]! << 16) | (bytes[first + 3]! << 24);
  const value = shift > 5 ? (low >>> shift) | (bytes[first + 4]! << (32 - shift)) : low >>> shift;
  return value & (2 ** width - 1);
}

/** Bits of a secret's limb: 26, and 22 for the last, since 256 = 9 · 26 + 22. */
function limbWidth(limb: number): number {
  return Math.min(FIELD.limbBits, 8 * SIZES.seed - limb * FIELD.limbBits);
}

/** Limb number `limb` of a 32-byte secret read as a little-endian bit string. */
export function secretLimb(secret: Uint8Array, limb: number): number {
  return readBits(secret, limb * FIELD.limbBits, limbWidth(limb));
}

/**
 * Joins ten limbs to the 32-byte secret.
 * @throws CairnError `secret-mismatch` when a limb is out of range: the shares it was opened from do not belong together
 */
export function joinSecret(limbs: ArrayLike<number>): Uint8Array {
  const secret = new Uint8Array(SIZES.seed);
  for (let limb = 0; limb < FIELD.limbs; limb++) {
    const width = limbWidth(limb);
    if (limbs[limb]! >= 2 ** width) {
      secret.fill(0);
      throw new CairnError('secret-mismatch', `limb ${limb}: the shares open to no secret`);
    }
    writeBits(secret, limb * FIELD.limbBits, limbs[limb]!);
  }
  return secret;
}

/** Writes field element `limb` of a share; the element's bits are zero before. */
export function writeShareLimb(share: Uint8Array, limb: number, element: number): void {
  writeBits(share, limb * ELEMENT_BITS, element);
}

/**
 * The ten field elements of a share. The caller wipes them.
 * @param elements receives them, so that opening thousands of shares allocates nothing
 * @param share 34 bytes: ten limbs of 27 bits as a little-endian bit string, then two zero bits
 * @throws CairnError `wire-not-canonical` for a wrong length, a limb that is not below p, or pad bits that are set
 */
export function decodeShare(share: Uint8Array, elements = new Float64Array(FIELD.limbs)): Float64Array {
  if (share.length !== SIZES.share) {
    throw new CairnError('wire-not-canonical', `share: expected ${SIZES.share} bytes, got ${share.length}`);
  }
  if (share[SIZES.share - 1]! >>> 6 !== 0) {
    throw new CairnError('wire-not-canonical', 'share: expected two zero pad bits, got others');
  }
  for (let limb = 0; limb < FIELD.limbs; limb++) {
    elements[limb] = readBits(share, limb * ELEMENT_BITS, ELEMENT_BITS);
    if (elements[limb]! < FIELD.prime) continue;
    elements.fill(0);
    throw new CairnError('wire-not-canonical', `share: expected limb ${limb} below p, got one that is not`);
  }
  return elements;
}

/** Whether bytes are a share in its canonical encoding. */
export function isCanonicalShare(share: Uint8Array): boolean {
  try {
    decodeShare(share).fill(0);
    return true;
  } catch {
    return false;
  }
}
