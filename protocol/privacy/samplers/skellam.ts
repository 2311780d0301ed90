import { ceilDivide, enclose, exactly, multiply } from './interval.ts';
import type { Interval, Rational } from './interval.ts';
import { normalise } from './law.ts';
import type { Law, Words } from './law.ts';
import { Table } from './table.ts';

/** Maximum variance: a table of some 26 000 sizes. */
export const MAX_SKELLAM_VARIANCE = 2 ** 24;

/** Bits beyond the requested precision, since weights are products of up to 10^5 enclosures. */
const GUARD = 64;

/** A k from which on P[|X| ≥ k] is below about 2^−bits, by Bernstein's bound. Only speed depends on it. */
function reach(variance: number, bits: number): number {
  const exponent = bits * Math.LN2;
  const third = exponent / 3;
  return Math.ceil(third + Math.sqrt(third * third + 2 * variance * exponent)) + 8;
}

/**
 * I_(k+1)(v) / I_k(v) for k = 0 … last, from the recurrence I_(k−1) = I_(k+1) + (2k / v)·I_k: each ratio is 1 / (2k / v
 * + the next one). It runs downwards from a ratio known only to satisfy 0 ≤ ρ ≤ 1; the enclosures shrink along the way,
 * by the square of the ratio at each step.
 */
function besselRatios(variance: Rational, last: number, start: number, p: bigint): Interval[] {
  const one = 1n << (2n * p);
  const slope = enclose({ numerator: 2n * variance.denominator, denominator: variance.numerator }, p);
  const ratios = new Array<Interval>(last + 1);
  let next: Interval = { lo: 0n, hi: 1n << p };
  for (let k = start; k >= 0; k--) {
    const factor = BigInt(k + 1);
    next = { lo: one / (factor * slope.hi + next.hi), hi: ceilDivide(one, factor * slope.lo + next.lo) };
    if (k <= last) ratios[k] = next;
  }
  return ratios;
}

/** The sizes |X|: weight 1/2 for 0 and I_k(v) / I_0(v) for k > 0. */
function skellamLaw(value: number): Law {
  const variance = exactly(value);
  return {
    cumulative(precision) {
      const p = BigInt(precision + GUARD);
      const last = reach(value, precision);
      const ratios = besselRatios(variance, last, last + Math.ceil(last / 2) + precision, p);
      const one = 1n << p;
      let weight: Interval = { lo: one, hi: one };
      const weights: Interval[] = [{ lo: one / 2n, hi: one / 2n }];
      for (let k = 0; k < last; k++) {
        weight = multiply(weight, ratios[k]!, p);
        weights.push(weight);
      }
      // Ratios fall with k, so the rest is less than a geometric series.
      const { hi } = ratios[last]!;
      return normalise(weights, ceilDivide(weight.hi * hi, one - hi), p).map((sum) => ({
        lo: sum.lo >> BigInt(GUARD),
        hi: (sum.hi >> BigInt(GUARD)) + 1n,
      }));
    },
  };
}

/**
 * An exact sampler of the symmetric Skellam distribution of variance v, the difference of two Poisson variables of mean
 * v/2: P[x] = e^−v · I_|x|(v) (Agarwal, Kairouz & Liu 2021). The difference is drawn directly from its own cumulative
 * distribution instead of as two Poissons: one word per sample whatever the variance, and one table.
 * @param variance v as the rational number that the double is, from 2^−10 to 2^24
 */
export function skellam(variance: number): (words: Words) => number {
  const table = new Table(skellamLaw(variance));
  return (words) => {
    const size = table.draw(words);
    return size === 0 || words.nextWord() % 2 === 0 ? size : -size;
  };
}
