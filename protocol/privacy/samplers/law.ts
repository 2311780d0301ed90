import { ceilDivide } from './interval.ts';
import type { Interval } from './interval.ts';

/** Uniform 32-bit words, each from 0 to 2^32 − 1. A ChaChaStream is one. */
export interface Words {
  nextWord(): number;
}

/** A distribution over 0, 1, 2, … that can be computed to any precision. */
export interface Law {
  /**
   * Enclosures of P[X ≤ k] for k = 0, 1, … in units of 2^−precision, up to a k beyond which less than about one unit
   * remains. The finer the precision, the longer the list.
   */
  cumulative(precision: number): readonly Interval[];
}

/**
 * Cumulative probabilities from unnormalised weights.
 * @param tail a bound on the weight of everything beyond the list
 */
export function normalise(weights: readonly Interval[], tail: bigint, precision: bigint): Interval[] {
  let total: Interval = { lo: 0n, hi: 0n };
  const sums = weights.map(({ lo, hi }) => (total = { lo: total.lo + lo, hi: total.hi + hi }));
  const most = total.hi + tail;
  const one = 1n << precision;
  return sums.map(({ lo, hi }) => {
    const upper = ceilDivide(hi << precision, total.lo);
    return { lo: (lo << precision) / most, hi: upper < one ? upper : one };
  });
}

/** Words by which a uniform number is extended when its place is still undecided. */
const FURTHER_WORDS = 3;

/**
 * Inverts a cumulative distribution at a uniform number U whose bits are drawn as they are needed: the k with
 * P[X < k] ≤ U < P[X ≤ k]. Exact, since U gets more bits until enclosures prove the answer; slow.
 * @param leading words of U that are known already
 */
export function locate(law: Law, leading: readonly number[], words: Words): number {
  let u = leading.reduce((bits, word) => (bits << 32n) | BigInt(word), 0n);
  for (let bits = 32 * leading.length; ;) {
    for (let i = 0; i < FURTHER_WORDS; i++) u = (u << 32n) | BigInt(words.nextWord());
    bits += 32 * FURTHER_WORDS;
    const sums = law.cumulative(bits);
    let k = 0;
    let end = sums.length;
    while (k < end) {
      const middle = (k + end) >>> 1;
      if (sums[middle]!.lo > u) end = middle;
      else k = middle + 1;
    }
    if (k < sums.length && (k === 0 || sums[k - 1]!.hi <= u)) return k;
  }
}
