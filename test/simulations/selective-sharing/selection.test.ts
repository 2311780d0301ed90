import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../training/index.ts';
import {
  bound,
  countOf,
  selectLargest,
  selectRandom,
} from '../../../simulations/experiments/selective-sharing/selection.ts';
import { shareTolerance } from './support/statistics.ts';

const list = (values: ArrayLike<number>): number[] => Array.from(values);

describe('a share of the parameters', () => {
  it('is rounded down, and one at least', () => {
    expect(countOf(0.1, 105_506)).toBe(10_550);
    expect(countOf(1, 7)).toBe(7);
    expect(countOf(0.001, 10)).toBe(1);
  });

  it('is bounded on both sides', () => {
    expect([-3, -0.5, 0, 0.5, 3].map((value) => bound(value, 1))).toEqual([-1, -0.5, 0, 0.5, 1]);
  });
});

describe('selection of the largest changes', () => {
  it('goes by size, whatever the sign, and bounds what it chose', () => {
    const { indices, values } = selectLargest(Float32Array.of(0.5, -4, 0.25, 2, -1), 3, 1.5);
    expect(list(indices)).toEqual([1, 3, 4]);
    expect(list(values)).toEqual([-1.5, 1.5, -1]);
  });

  it('chooses by size before the bound, not behind it', () => {
    expect(list(selectLargest(Float32Array.of(2, 3, 4), 1, 1).indices)).toEqual([2]);
  });

  it('takes the first of equal ones, and never a zero', () => {
    expect(list(selectLargest(Float32Array.of(1, -1, 1, 1), 2, 9).indices)).toEqual([0, 1]);
    expect(list(selectLargest(Float32Array.of(0, -2, 0, 0), 3, 9).indices)).toEqual([1]);
    expect(selectLargest(new Float32Array(4), 2, 9).indices).toHaveLength(0);
  });

  it('leaves out nothing that is larger than what it takes', () => {
    const change = fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(change, fc.nat(), (values, draw) => {
        const given = Float32Array.from(values);
        const count = 1 + (draw % given.length);
        const { indices } = selectLargest(given, count, 8);
        expect(indices).toHaveLength(Math.min(count, given.filter((value) => value !== 0).length));
        expect(new Set(indices).size).toBe(indices.length);
        const chosen = new Set(indices);
        const least = Math.min(...list(indices).map((index) => Math.abs(given[index]!)));
        given.forEach((value, i) => {
          if (!chosen.has(i)) expect(Math.abs(value)).toBeLessThanOrEqual(indices.length < count ? 0 : least);
        });
      }),
    );
  });
});

describe('random selection above the threshold', () => {
  const rule = { tau: 1, gamma: 3 };

  it('takes changes of at least τ only, bounded to γ', () => {
    const { indices, values } = selectRandom(Float32Array.of(0.5, -4, 1, -0.99, 2), 9, rule, new Random(1));
    expect(list(indices)).toEqual([1, 2, 4]);
    expect(list(values)).toEqual([-3, 1, 2]);
  });

  it('takes as many as it may, in ascending order, none twice', () => {
    const change = Float32Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 2 : 0));
    const { indices } = selectRandom(change, 20, rule, new Random(3));
    expect(indices).toHaveLength(20);
    expect(list(indices)).toEqual([...new Set(indices)].sort((a, b) => a - b));
    expect(indices.every((index) => index % 2 === 0)).toBe(true);
  });

  it('takes each candidate equally often (false alarm: five in a million)', () => {
    const change = Float32Array.of(1, -2, 0, 3, 1, 9);
    const counts = new Array<number>(6).fill(0);
    const draws = 20_000;
    for (let seed = 0; seed < draws; seed++)
      for (const index of selectRandom(change, 2, rule, new Random(seed)).indices) counts[index]!++;
    expect(counts[2]).toBe(0);
    for (const index of [0, 1, 3, 4, 5])
      expect(Math.abs(counts[index]! / draws - 2 / 5)).toBeLessThan(shareTolerance(draws));
  });
});
