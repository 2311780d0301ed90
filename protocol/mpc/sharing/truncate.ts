import { wipeWords } from './shares.ts';
import type { Ring, Words } from './types.ts';

/**
 * Divides a shared number by 2^fraction without a message (SecureML, section 4.1 and Theorem 1): party 0 shifts its share;
 * party 1 shifts the negative of its own, and negates. The sum is ⌊x / 2^fraction⌋ or one more, but for a wrap of the shares:
 * with probability |x| / 2^bits, over the shares alone, it is wrong by 2^(bits − fraction), a number out of all bounds.
 * {@link localTruncationFailure} bounds that; exact truncation takes a circuit: see gmw.
 * @param share the party's share: uniform, of numbers in two's complement
 * @param fraction bits to shift by, from 0 and fewer than the ring has
 * @throws CairnError `wire-bounds` for another fraction
 */
export function truncateLocally<W extends Words>(ring: Ring<W>, share: W, fraction: number, party: 0 | 1): W {
  if (party === 0) return ring.shiftRight(share, fraction, 'unsigned');
  const negated = ring.negate(share);
  const shifted = ring.shiftRight(negated, fraction, 'unsigned');
  const result = ring.negate(shifted);
  wipeWords(negated);
  wipeWords(shifted);
  return result;
}

/**
 * The probability that SecureML's Theorem 1 states for a large error of {@link truncateLocally}: 2^(valueBits + 1 − ringBits),
 * if |x| ≤ 2^valueBits. It is twice what the worst x has. For n values of a network, it is n times as much.
 */
export function localTruncationFailure(ringBits: 32 | 64, valueBits: number): number {
  return Math.min(1, 2 ** (valueBits + 1 - ringBits));
}
