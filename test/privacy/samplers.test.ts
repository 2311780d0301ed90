import { describe, expect, it } from 'vitest';
import { ChaChaStream } from '../../protocol/crypto/chacha.ts';
import { createNoiseSampler } from '../../protocol/privacy/samplers/index.ts';
import type { NoiseDistribution } from '../../protocol/privacy/samplers/index.ts';
import { FastBernoulliExp, bernoulliExp } from '../../protocol/privacy/samplers/bernoulli.ts';
import { exactly, expMinus } from '../../protocol/privacy/samplers/interval.ts';
import type { Words } from '../../protocol/privacy/samplers/law.ts';
import { locate } from '../../protocol/privacy/samplers/law.ts';
import type { Law } from '../../protocol/privacy/samplers/law.ts';
import { Table } from '../../protocol/privacy/samplers/table.ts';
import { gaussianPmf, normalCdf, seeded, skellamPmf, surprise } from './support.ts';

/** Fewer than twenty histograms, each with a false alarm in 10^7: one in 500 000 seeds would fail. */
const ALARM = 5.2;
const SAMPLES = 200_000;

function samples(distribution: NoiseDistribution, variance: number, seed: number, count = SAMPLES): Int32Array {
  const into = new Int32Array(count);
  createNoiseSampler(distribution, variance).add(into, seeded(seed));
  return into;
}

/** The words of a list, then those of a stream. */
function script(list: readonly number[], seed = 0): Words {
  const stream = new ChaChaStream(seeded(seed)(32), 20);
  let i = 0;
  return { nextWord: () => (i < list.length ? list[i++]! : stream.nextWord()) };
}

describe('discrete Gaussian', () => {
  it.each([0.1, 0.3, 1, 7.29, 255.9, 256, 300, 1024.5, 20_000])('follows its law at variance %d', (variance) => {
    const reach = Math.ceil(9 * Math.sqrt(variance)) + 2;
    expect(surprise(samples('discrete-gaussian', variance, 1), gaussianPmf(variance, reach))).toBeLessThan(ALARM);
  });

  it.each([2 ** 36, 2 ** 50])('follows the normal law where the grid is fine, at variance %d', (variance) => {
    // Cells of a twentieth of a deviation; the grid moves their edges by 10^−5 of it at most.
    const drawn = samples('discrete-gaussian', variance, 2);
    const cells = drawn.map((sample) => Math.round((20 * sample) / Math.sqrt(variance)));
    const pmf = Array.from({ length: 181 }, (_, i) => normalCdf((i - 89.5) / 20) - normalCdf((i - 90.5) / 20));
    expect(surprise(cells, pmf)).toBeLessThan(ALARM);
  });
});

describe('Skellam', () => {
  it.each([0.01, 0.5, 5, 400.5, 10_000])('follows the difference of two Poissons at variance %d', (variance) => {
    const reach = Math.ceil(9 * Math.sqrt(variance)) + 4;
    expect(surprise(samples('skellam', variance, 3), skellamPmf(variance, reach))).toBeLessThan(ALARM);
  });

  it('is closed under sums: shares of seven clients are the noise of their whole variance', () => {
    const sum = new Int32Array(SAMPLES);
    const sampler = createNoiseSampler('skellam', 3 / 7);
    for (let i = 0; i < 7; i++) sampler.add(sum, seeded(10 + i));
    expect(surprise(sum, skellamPmf(3, 30))).toBeLessThan(ALARM);
  });

  it('has the variance that it is asked for at the greatest', () => {
    const drawn = samples('skellam', 2 ** 24, 4, 50_000);
    const variance = drawn.reduce((sum, x) => sum + x * x, 0) / drawn.length / 2 ** 24;
    // Standard deviation of a mean of squares is √(2 / n): six of them.
    expect(Math.abs(variance - 1)).toBeLessThan(6 * Math.sqrt(2 / 50_000));
  });
});

describe('samplers', () => {
  it('tell noise from other noise: the histogram test sees a variance that is wrong by three per cent', () => {
    expect(surprise(samples('discrete-gaussian', 1.03, 5), gaussianPmf(1, 12))).toBeGreaterThan(ALARM);
    expect(surprise(samples('skellam', 5.15, 5), skellamPmf(5, 40))).toBeGreaterThan(ALARM);
    expect(surprise(samples('skellam', 5, 5), gaussianPmf(5, 40))).toBeGreaterThan(ALARM);
  });

  it('add to what is there, mod 2^32, and draw the same from the same seed', () => {
    for (const distribution of ['discrete-gaussian', 'skellam'] as const) {
      const noise = samples(distribution, 900, 6, 1000);
      expect(noise).toEqual(samples(distribution, 900, 6, 1000));
      expect(noise).not.toEqual(samples(distribution, 900, 7, 1000));
      const words = new Uint32Array(1000).fill(2 ** 32 - 1);
      createNoiseSampler(distribution, 900).add(words, seeded(6));
      expect(words).toEqual(Uint32Array.from(noise, (x) => x - 1));
    }
  });

  it.each([0, -1, Number.NaN, 2 ** 51, Infinity])('refuse variance %d', (variance) => {
    expect(() => createNoiseSampler('discrete-gaussian', variance)).toThrow(
      expect.objectContaining({ code: 'settings-invalid' }),
    );
    expect(() => createNoiseSampler('skellam', variance)).toThrow(
      expect.objectContaining({ code: 'settings-invalid' }),
    );
  });
});

describe('enclosures', () => {
  it('of e^−x hold the number, and are narrow', () => {
    for (const x of [0, 2 ** -30, 0.3, 0.5, 1, 7.25, 40]) {
      const { lo, hi } = expMinus(exactly(x), 200n);
      expect(hi - lo).toBeLessThan(2n ** 12n);
      expect(Number(lo) / 2 ** 200).toBeCloseTo(Math.exp(-x), 14);
    }
    // e^−1 to 60 decimal places, as published (OEIS A068985).
    const digits = 367879441171442321595523770161460867445811131031767834507836n;
    const { lo, hi } = expMinus({ numerator: 1n, denominator: 1n }, 300n);
    const [below, above] = [(digits << 300n) / 10n ** 60n, ((digits + 1n) << 300n) / 10n ** 60n];
    expect(lo).toBeGreaterThan(below);
    expect(hi).toBeLessThan(above);
  });

  it('take doubles as the rational numbers that they are', () => {
    expect(exactly(0.1)).toEqual({ numerator: 3602879701896397n, denominator: 2n ** 55n });
    expect(exactly(2 ** 50)).toEqual({ numerator: 2n ** 50n, denominator: 1n });
  });
});

/** P[X ≤ k] = 1 − (2/3)^(k + 1), whose bits are known at any place. */
const geometric: Law = {
  cumulative: (precision) =>
    Array.from({ length: Math.ceil(1.8 * precision) }, (_, k) => {
      const lo = ((3n ** BigInt(k + 1) - 2n ** BigInt(k + 1)) << BigInt(precision)) / 3n ** BigInt(k + 1);
      return { lo, hi: lo + 1n };
    }),
};

describe('a table', () => {
  const table = new Table(geometric);
  const wordsOf = (k: number, count: number): number[] => {
    const { lo } = geometric.cumulative(32 * count)[k]!;
    return Array.from({ length: count }, (_, i) => Number((lo >> BigInt(32 * (count - 1 - i))) & 0xffffffffn));
  };

  it('decides by as many bits as it takes, on either side of each step', () => {
    for (let k = 0; k < 40; k++) {
      for (const count of [1, 2, 4, 9]) {
        const step = wordsOf(k, count);
        const before = [...step.slice(0, -1), step[count - 1]! - 1];
        const after = [...step.slice(0, -1), step[count - 1]! + 1];
        expect(table.draw(script(before))).toBe(k);
        expect(table.draw(script(after))).toBe(k + 1);
      }
    }
  });

  it('draws what bit by bit inversion draws', () => {
    for (let i = 0; i < 2000; i++) {
      const [u] = new Uint32Array(seeded(i)(4).buffer);
      expect(table.draw(script([u!], i))).toBe(locate(geometric, [u!], script([], i)));
    }
    expect(table.draw(script([2 ** 32 - 1, 2 ** 32 - 1, 5, 5, 5]))).toBeGreaterThan(100);
  });
});

describe('Bernoulli(e^−γ)', () => {
  it('has its probability, below and above 1', () => {
    for (const gamma of [0, 0.001, 0.25, 1, 1.5, 3]) {
      const words = script([], 20);
      let hits = 0;
      for (let i = 0; i < 40_000; i++) hits += Number(bernoulliExp(exactly(gamma), words));
      const p = Math.exp(-gamma);
      expect(Math.abs(hits - 40_000 * p)).toBeLessThanOrEqual(6 * Math.sqrt(40_000 * p * (1 - p)));
    }
  });

  it('is the same fast as in BigInt, for every word', () => {
    const ratio = { numerator: 12_345n, denominator: 2n ** 52n * 12_347n };
    const fast = new FastBernoulliExp(ratio, 2 ** 52 - 1);
    let open = 0;
    for (let i = 0; i < 4000; i++) {
      const [high, low, further] = new Uint32Array(seeded(i)(12).buffer);
      const n = (high! % 2 ** 20) * 2 ** 32 + low!;
      const gamma = (n * 12_345) / (2 ** 52 * 12_347);
      // Words about the edge of the first or second trial, where integers below 2^53 cannot tell.
      const edge = Math.floor((gamma / ((i % 2) + 1)) * 2 ** 32) + (further! % 200) - 100;
      const word = Math.min(Math.max(edge, 0), 2 ** 32 - 1);
      const list = i % 2 === 0 ? [word] : [0, word];
      const exponent = { numerator: ratio.numerator * BigInt(n), denominator: ratio.denominator };
      const expected = bernoulliExp(exponent, script(list, i));
      expect(fast.draw(n, script(list, i))).toBe(expected);
      open += Number(expected);
    }
    expect(open).toBeGreaterThan(100);
    expect(open).toBeLessThan(3900);
  });
});
