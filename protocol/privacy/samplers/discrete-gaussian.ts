import { FastBernoulliExp, bernoulliExp } from './bernoulli.ts';
import { exactly, expMinus, multiply } from './interval.ts';
import type { Interval, Rational } from './interval.ts';
import { normalise } from './law.ts';
import type { Law, Words } from './law.ts';
import { Table } from './table.ts';

/** Blocks from this one on, 3.8 standard deviations out or more, are decided in BigInt: see {@link withBlocks}. */
const FAST_BLOCKS = 61;

/** Bits beyond the requested precision, since weights are products of up to hundreds of enclosures. */
const GUARD = 64;

/**
 * Weights e^(−k²x) for k = 0, 1, …, for a rational x > 0.
 * @param folded whether each k > 0 counts twice, for two signs
 */
function gaussianLaw(x: Rational, folded: boolean): Law {
  return {
    cumulative(precision) {
      const p = BigInt(precision + GUARD);
      // e^(−(k + 1)²x) is e^(−k²x) times a ratio that falls by e^(−2x) with each k.
      let ratio = expMinus(x, p);
      const fall = multiply(ratio, ratio, p);
      const one = 1n << p;
      let weight: Interval = { lo: one, hi: one };
      const weights: Interval[] = [folded ? { lo: one / 2n, hi: one / 2n } : weight];
      while (weight.hi >> BigInt(GUARD) > 0n || ratio.hi >= one / 2n) {
        weight = multiply(weight, ratio, p);
        weights.push(weight);
        ratio = multiply(ratio, fall, p);
      }
      // From here on each weight is at most half of the previous one.
      return normalise(weights, weight.hi, p).map(({ lo, hi }) => ({
        lo: lo >> BigInt(GUARD),
        hi: (hi >> BigInt(GUARD)) + 1n,
      }));
    },
  };
}

/** For blocks of one value: its size from the table, and a sign. */
function withoutBlocks({ numerator, denominator }: Rational): (words: Words) => number {
  const table = new Table(gaussianLaw({ numerator: denominator, denominator: 2n * numerator }, true));
  return (words) => {
    const size = table.draw(words);
    return size === 0 || words.nextWord() % 2 === 0 ? size : -size;
  };
}

/**
 * Blocks of t = 2^p sizes. A block k is drawn with the weight of its first size, a place j in it uniformly, and k·t + j
 * is kept with probability e^−(j(2kt + j) / 2σ²), which makes its weight e^(−(kt + j)² / 2σ²). Zero is kept for only
 * one of the two signs.
 *
 * t lies between σ/16 and σ/8, so more than nine tenths are kept, and below block 61 the exponent is under (2·60 +
 * 1)/128 < 1 as the fast Bernoulli needs. t ≤ 2^22, so j(2kt + j) < 2^22 · 2^29 is exact in a double.
 */
function withBlocks(variance: Rational, size: number): (words: Words) => number {
  const { numerator, denominator } = variance;
  const t = BigInt(size);
  const table = new Table(gaussianLaw({ numerator: t * t * denominator, denominator: 2n * numerator }, false));
  const ratio: Rational = { numerator: denominator, denominator: 2n * numerator };
  const fast = new FastBernoulliExp(ratio, (size - 1) * (2 * (FAST_BLOCKS - 1) * size + size - 1));

  const keep = (block: number, place: number, words: Words): boolean => {
    if (block < FAST_BLOCKS) return fast.draw(place * (2 * block * size + place), words);
    const exponent = BigInt(place) * (2n * BigInt(block) * t + BigInt(place));
    return bernoulliExp({ numerator: exponent * ratio.numerator, denominator: ratio.denominator }, words);
  };
  return (words) => {
    for (;;) {
      const block = table.draw(words);
      const word = words.nextWord();
      const place = word & (size - 1);
      const negative = word >>> 31 === 1;
      if (block === 0 && place === 0 && negative) continue;
      if (place === 0 || keep(block, place, words)) return (negative ? -1 : 1) * (block * size + place);
    }
  };
}

/** Maximum variance: blocks of 2^22 sizes. */
export const MAX_GAUSSIAN_VARIANCE = 2 ** 50;

/**
 * An exact sampler of the discrete Gaussian N_Z(0, σ²): P[x] ∝ e^(−x² / 2σ²) on the integers (Canonne, Kamath & Steinke
 * 2020). Their rejection from a discrete Laplace is replaced by one from blocks of equal weight, which keeps nine
 * tenths instead of about two thirds and needs a few words instead of dozens; the distribution is the same.
 * @param variance σ² as the rational number that the double is, from 2^−10 to 2^50
 */
export function discreteGaussian(variance: number): (words: Words) => number {
  let size = 1;
  while (4 * size * size * 64 <= variance) size *= 2;
  return size === 1 ? withoutBlocks(exactly(variance)) : withBlocks(exactly(variance), size);
}
