import { describe, expect, it } from 'vitest';
import { maxDemands, maxOf } from '../../../protocol/mpc/gmw/index.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import { codeOf } from '../../support/thrown.ts';
import { deal } from './dealing.ts';
import { drawn, rings, runOn } from './words.ts';

const prg = new Prg(new Uint8Array(32).fill(24));

describe.each(rings)('maxima on $bits bits', ({ bits, ring }) => {
  it.each([1, 2, 3, 4, 5, 9])('are the largest of %i values, lane by lane', (width) => {
    const count = 150;
    const half = drawn(ring, prg, width * count).map((value) => value >> 1n);
    // Some lanes have equal values, and some the ends of the range in which differences fit.
    const ends = [-(1n << BigInt(bits - 2)), (1n << BigInt(bits - 2)) - 1n, 0n];
    const values = half.map((value, at) => (at % 5 === 0 ? ends[at % 3]! : value));
    const demands = maxDemands(bits, count, width);
    const { opened, trips } = runOn(ring, prg, demands, values, (party, share, correlations) =>
      maxOf(ring, party, share, width, correlations),
    );
    const largest = Array.from({ length: count }, (_, lane) => {
      const all = Array.from({ length: width }, (_, i) => values[i * count + lane]!);
      return all.reduce((a, b) => (a > b ? a : b));
    });
    expect(opened).toEqual(largest);
    expect(trips).toBe(Math.ceil(Math.log2(width)) * (Math.log2(bits) + 1));
  });

  it('are refused for values that are no lanes of that width', () => {
    const [correlations] = deal(prg, []);
    for (const [count, width] of [
      [7, 2],
      [0, 2],
      [3, 0],
    ] as const) {
      expect(codeOf(() => maxOf(ring, 0, ring.zeros(count), width, correlations).next())).toBe('internal');
    }
  });
});
