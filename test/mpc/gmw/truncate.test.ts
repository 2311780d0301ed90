import { describe, expect, it } from 'vitest';
import { truncateDemands, truncateExactly } from '../../../protocol/mpc/gmw/index.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import type { Ring } from '../../../protocol/mpc/sharing/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { deal } from './dealing.ts';
import { allShares, chiSquare, drawn, edges, type Protocol, rings, runOn, runShared } from './words.ts';

const prg = new Prg(new Uint8Array(32).fill(22));

const floored = (value: bigint, shift: number): bigint => value >> BigInt(shift);

function protocolOf(ring: Ring, shift: number, range: 'any' | 'half' = 'any'): Protocol {
  return (party, share, correlations) => truncateExactly(ring, party, share, correlations, shift, range);
}

describe.each(rings)('an exact shift on $bits bits', ({ bits, ring }) => {
  const isHalf = (value: bigint): boolean => BigInt.asIntN(bits - 1, value) === value;

  it.each([1, 2, 8, 12, 13, bits - 2, bits - 1])('is ⌊z / 2^%i⌋ for any signed z', (shift) => {
    const values = [...edges(bits), ...drawn(ring, prg, 1000)];
    const { opened } = runOn(ring, prg, truncateDemands(bits, values.length, shift), values, protocolOf(ring, shift));
    expect(opened).toEqual(values.map((value) => floored(value, shift)));
  });

  it.each([1, 2, 8, 12, 13, bits - 2])('is ⌊z / 2^%i⌋ in half the range, with fewer exchanges', (shift) => {
    const values = [...edges(bits), ...drawn(ring, prg, 1000)].filter(isHalf);
    const demands = truncateDemands(bits, values.length, shift, 'half');
    const { opened, trips } = runOn(ring, prg, demands, values, protocolOf(ring, shift, 'half'));
    expect(opened).toEqual(values.map((value) => floored(value, shift)));
    expect(trips).toBe(Math.ceil(Math.log2(shift + 1)) + 1);
  });

  it('is wrong outside of half the range if that is asked for', () => {
    const values = drawn(ring, prg, 1000);
    const demands = truncateDemands(bits, values.length, 12, 'half');
    const { opened } = runOn(ring, prg, demands, values, protocolOf(ring, 12, 'half'));
    const wrong = values.filter((value, lane) => opened[lane] !== floored(value, 12));
    // Half of the values are outside, and a quarter of those have shares for which the carry is wrong.
    expect(wrong.length).toBeGreaterThan(60);
    expect(wrong.length).toBeLessThan(190);
    expect(wrong.some(isHalf)).toBe(false);
  });

  it.each([1, 3, 4, 5, bits - 4, bits - 1])('is exact for all carries into and out of a shift of %i', (shift) => {
    const shares = allShares(ring);
    const values = [...ring.toSigned(ring.add(...shares))];
    const demands = truncateDemands(bits, values.length, shift);
    const { opened } = runShared(ring, prg, demands, shares, protocolOf(ring, shift));
    expect(values.filter((value, lane) => opened[lane] !== floored(value, shift))).toEqual([]);
  });

  it('takes an exchange for each level of its circuit and one for what is opened', () => {
    const demands = truncateDemands(bits, 130, 12);
    const { trips, received } = runOn(ring, prg, demands, drawn(ring, prg, 130), protocolOf(ring, 12));
    expect(trips).toBe(Math.log2(bits) + 2);
    for (const messages of received) {
      const bytes = messages.reduce((sum, { length }) => sum + length, 0);
      expect(bytes).toBe((2 * demands[0].rows + 2) * 17);
    }
  });

  it('sends uniform bytes and gives uniform shares, whatever the values and their shares are', () => {
    const count = 8192;
    for (const value of [0n, -1n, 12_345n]) {
      const known = ring.fromSigned(new BigInt64Array(count).fill(value));
      const demands = truncateDemands(bits, count, 12);
      const { received, results } = runShared(ring, prg, demands, [known, ring.zeros(count)], protocolOf(ring, 12));
      for (const bytes of [...received.flat(), ...results.map((share) => ring.toBytes(share))]) {
        expect(chiSquare(bytes)).toBeLessThan(255 + 6 * 23);
      }
    }
  });

  it('refuses shifts that it cannot do', () => {
    const start = (shift: number, range: 'any' | 'half'): string =>
      codeOf(() => {
        const dealt = deal(prg, truncateDemands(bits, 4, 12, range));
        truncateExactly(ring, 0, ring.zeros(4), dealt[0], shift, range).next();
      });
    expect([start(0, 'any'), start(bits, 'any'), start(bits - 1, 'half')]).toEqual(Array(3).fill('internal'));
    expect(codeOf(() => truncateExactly(ring, 0, ring.zeros(0), deal(prg, [])[0], 12).next())).toBe('internal');
  });
});
