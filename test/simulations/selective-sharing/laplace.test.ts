import { describe, expect, it } from 'vitest';
import { Random } from '../../../training/index.ts';
import { laplace } from '../../../simulations/experiments/selective-sharing/sparse-vector.ts';
import { kolmogorov, laplaceDistribution, ONE_IN_A_MILLION } from './support/statistics.ts';

const draw = (scale: number, seed: number): number[] => {
  const random = new Random(seed);
  return Array.from({ length: 20_000 }, () => laplace(random, scale));
};

describe('Laplace noise', () => {
  it.each([0.01, 1, 250])('has the distribution of scale %d (false alarm: one in a million)', (scale) => {
    expect(kolmogorov(draw(scale, 1), laplaceDistribution(scale))).toBeLessThan(ONE_IN_A_MILLION);
  });

  it('is told apart from a scale that is a tenth off by the same test', () => {
    expect(kolmogorov(draw(1, 1), laplaceDistribution(1.1))).toBeGreaterThan(ONE_IN_A_MILLION);
  });

  it('is the same for the same seed', () => {
    expect(draw(1, 7).slice(0, 5)).toEqual(draw(1, 7).slice(0, 5));
    expect(draw(1, 7)[0]).not.toBe(draw(1, 8)[0]);
  });
});
