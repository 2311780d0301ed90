import { describe, expect, it } from 'vitest';
import { Random } from '../../../training/index.ts';
import { noiseScales, sparseVector } from '../../../simulations/experiments/selective-sharing/sparse-vector.ts';
import { exceeds, kolmogorov, laplaceDistribution, ONE_IN_A_MILLION, shareTolerance } from './support/statistics.ts';

const DRAWS = 20_000;

describe('the sparse vector technique', () => {
  it('is the plain rule where the budget is boundless', () => {
    const change = Float32Array.of(0.5, -4, 1.5, -0.9, 2);
    const settings = { epsilon: 1e9, count: 5, tau: 1, gamma: 3 };
    const { indices, values } = sparseVector(change, settings, new Random(1));
    expect([...indices]).toEqual([1, 2, 4]);
    [-3, 1.5, 2].forEach((value, i) => expect(values[i]).toBeCloseTo(value, 5));
  });

  it('ends after its count of uploads, with indices that ascend and values within the bound', () => {
    const change = Float32Array.from({ length: 500 }, (_, i) => i - 250);
    const { indices, values } = sparseVector(change, { epsilon: 1, count: 40, tau: 0.1, gamma: 0.5 }, new Random(2));
    expect(indices).toHaveLength(40);
    expect([...indices]).toEqual([...new Set(indices)].sort((a, b) => a - b));
    expect(values.every((value) => Math.abs(value) <= 0.5)).toBe(true);
  });

  it('asks in random order: each of equal parameters is uploaded equally often (false alarm: four in a million)', () => {
    const change = Float32Array.of(1, 1, 1, 1);
    const counts = [0, 0, 0, 0];
    for (let seed = 0; seed < DRAWS; seed++) {
      const [index] = sparseVector(change, { epsilon: 1e9, count: 1, tau: 0.5, gamma: 2 }, new Random(seed)).indices;
      counts[index!]!++;
    }
    for (const count of counts) expect(Math.abs(count / DRAWS - 1 / 4)).toBeLessThan(shareTolerance(DRAWS));
  });

  it('uploads with the probability that two Laplace noises give (false alarm: one in a million)', () => {
    const settings = { epsilon: 10, count: 1, tau: 1.25, gamma: 1 };
    const { threshold, query } = noiseScales(settings);
    let uploaded = 0;
    for (let seed = 0; seed < DRAWS; seed++)
      uploaded += sparseVector(Float32Array.of(0.5), settings, new Random(seed)).indices.length;
    const expected = exceeds(query, threshold, 1.25 - 0.5);
    expect(expected).toBeGreaterThan(0.1);
    expect(Math.abs(uploaded / DRAWS - expected)).toBeLessThan(shareTolerance(DRAWS));
  });

  it('draws the threshold’s noise afresh after an upload: two decisions are independent then (false alarm: one in a million)', () => {
    const settings = { epsilon: 20, count: 2, tau: 1.25, gamma: 1 };
    const { threshold, query } = noiseScales(settings);
    const one = exceeds(query, threshold, 1.25 - 0.5);
    let both = 0;
    for (let seed = 0; seed < DRAWS; seed++)
      both += Number(sparseVector(Float32Array.of(0.5, 0.5), settings, new Random(seed)).indices.length === 2);
    expect(Math.abs(both / DRAWS - one * one)).toBeLessThan(shareTolerance(DRAWS));
  });

  it('keeps the threshold’s noise while nothing is uploaded: two refusals go together (false alarm: below one in a million)', () => {
    const settings = { epsilon: 20, count: 2, tau: 1.25, gamma: 1 };
    const { threshold, query } = noiseScales(settings);
    const refused = 1 - exceeds(query, threshold, 1.25 - 0.5);
    let none = 0;
    for (let seed = 0; seed < DRAWS; seed++)
      none += Number(sparseVector(Float32Array.of(0.5, 0.5), settings, new Random(seed)).indices.length === 0);
    expect(none / DRAWS).toBeGreaterThan(refused * refused + shareTolerance(DRAWS));
  });

  it('blurs answers by Laplace noise of the answers’ scale (false alarm: one in a million)', () => {
    // The bound is far beyond the noise, and the threshold far below it: every value is uploaded, and none is cut.
    const settings = { epsilon: 4e4, count: 1, tau: 1e-9, gamma: 100 };
    const { answer } = noiseScales(settings);
    const noise: number[] = [];
    for (let seed = 0; seed < DRAWS; seed++) {
      const { values } = sparseVector(Float32Array.of(50), settings, new Random(seed));
      noise.push(values[0]! - 50);
    }
    expect(kolmogorov(noise, laplaceDistribution(answer))).toBeLessThan(ONE_IN_A_MILLION);
  });
});
