import { CairnError } from '../../errors.ts';
import { wordBytes } from './ring.ts';
import type { Ring, Words } from './types.ts';

const WORD = 2 ** 32;

/**
 * Fixed-point numbers: each float times 2^fraction, rounded to the nearest integer (halves up), as an element of the ring.
 * @param fraction bits after the point, from 0 and fewer than the ring has
 * @throws CairnError `fixed-range` for a float that is not finite or does not fit, named by its place and never its value
 */
export function toFixed<W extends Words>(ring: Ring<W>, floats: ArrayLike<number>, fraction: number): W {
  expectFraction(ring, fraction);
  const scale = 2 ** fraction;
  const limit = 2 ** (ring.bits - 1);
  const fixed = ring.zeros(floats.length);
  const bytes = wordBytes(fixed);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const step = ring.bytes / 4;
  for (let i = 0; i < floats.length; i++) {
    const value = Math.round(floats[i]! * scale);
    // Also false for NaN.
    if (!(value >= -limit && value < limit)) {
      throw new CairnError(
        'fixed-range',
        `value ${i} of ${floats.length} does not fit ${ring.bits} bits with ${fraction} after the point`,
      );
    }
    const high = Math.floor(value / WORD);
    words[i * step] = value - high * WORD;
    if (step === 2) words[2 * i + 1] = high;
  }
  return fixed;
}

/**
 * The numbers that fixed-point ones stand for. With 64 bits, one of more than 53 significant bits is rounded to the
 * nearest double.
 * @throws CairnError `fixed-range` for a fraction that the ring does not hold
 */
export function fromFixed<W extends Words>(ring: Ring<W>, fixed: W, fraction: number): Float64Array {
  expectFraction(ring, fraction);
  const scale = 2 ** -fraction;
  const numbers = new Float64Array(fixed.length);
  const bytes = wordBytes(fixed);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  for (let i = 0; i < numbers.length; i++) {
    numbers[i] = scale * (ring.bits === 32 ? words[i]! | 0 : (words[2 * i + 1]! | 0) * WORD + words[2 * i]!);
  }
  return numbers;
}

function expectFraction(ring: Ring, fraction: number): void {
  if (Number.isInteger(fraction) && fraction >= 0 && fraction < ring.bits) return;
  throw new CairnError('fixed-range', `a ring of ${ring.bits} bits has no numbers with ${fraction} after the point`);
}
