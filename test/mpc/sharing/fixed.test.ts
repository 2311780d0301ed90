import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFixed, toFixed } from '../../../protocol/mpc/sharing/fixed.ts';
import { ring32, ring64 } from '../../../protocol/mpc/sharing/ring.ts';
import type { Ring, Words } from '../../../protocol/mpc/sharing/types.ts';
import { codeOf } from '../../support/thrown.ts';

function holdsFor<W extends Words>(ring: Ring<W>): void {
  const limit = 2 ** (ring.bits - 1);

  it('are the nearest integers to the numbers times a power of two, halves up', () => {
    expect([...ring.toSigned(toFixed(ring, [0.5, 1.25, 1.125, -0.375, -0.125, -3, 0], 2))]).toEqual([
      2n,
      5n,
      5n,
      -1n,
      0n,
      -12n,
      0n,
    ]);
    fc.assert(
      fc.property(
        fc.nat({ max: 12 }),
        fc.array(fc.double({ min: -100_000, max: 100_000, noNaN: true })),
        (f, floats) => {
          const expected = floats.map((value) => BigInt(Math.round(value * 2 ** f)));
          expect([...ring.toSigned(toFixed(ring, floats, f))]).toEqual(expected);
        },
      ),
    );
  });

  it('come back within half of their last place', () => {
    fc.assert(
      fc.property(fc.nat({ max: 12 }), fc.array(fc.float({ min: -30_000, max: 30_000, noNaN: true })), (f, floats) => {
        const back = fromFixed(ring, toFixed(ring, Float32Array.from(floats), f), f);
        floats.forEach((value, i) => expect(Math.abs(back[i]! - value)).toBeLessThanOrEqual(2 ** -f / 2));
      }),
    );
  });

  it('have twice the bits after the point once they are multiplied', () => {
    const product = ring.multiply(toFixed(ring, [1.5, -2.25], 8), toFixed(ring, [-0.5, -4], 8));
    expect([...fromFixed(ring, product, 16)]).toEqual([-0.75, 9]);
  });

  it('reach to the ends of the ring and no further', () => {
    const last = ring.bits === 32 ? limit - 1 : limit - 2 ** 10;
    expect([...fromFixed(ring, toFixed(ring, [-limit, last], 0), 0)]).toEqual([-limit, last]);
    for (const value of [limit, -limit * 1.000_001, Infinity, -Infinity, NaN, 2 ** 70]) {
      expect(codeOf(() => toFixed(ring, [0, value], 0))).toBe('fixed-range');
    }
    expect(codeOf(() => toFixed(ring, [limit / 2 ** 10], 10))).toBe('fixed-range');
  });

  it('are refused without naming the value, which may be a secret', () => {
    expect(() => toFixed(ring, [3, 1.2345e30], 4)).toThrow(
      /^value 1 of 2 does not fit \d\d bits with 4 after the point$/,
    );
  });

  it('have from 0 to all but one of the ring’s bits after the point', () => {
    for (const fraction of [-1, ring.bits, 0.5]) {
      expect(codeOf(() => toFixed(ring, [0], fraction))).toBe('fixed-range');
      expect(codeOf(() => fromFixed(ring, ring.zeros(1), fraction))).toBe('fixed-range');
    }
    expect([...ring.toSigned(toFixed(ring, [-1], ring.bits - 1))]).toEqual([-(2n ** BigInt(ring.bits - 1))]);
  });
}

describe('fixed-point numbers of 32 bits', () => holdsFor(ring32));
describe('fixed-point numbers of 64 bits', () => {
  holdsFor(ring64);

  it('with more than 53 significant bits become the nearest double', () => {
    const values = [2n ** 62n + 1n, -(2n ** 62n) - 2n ** 9n - 1n, 2n ** 53n + 1n, -1n];
    expect([...fromFixed(ring64, ring64.fromSigned(values), 0)]).toEqual(values.map(Number));
  });
});
