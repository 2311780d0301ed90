import { describe, expect, it } from 'vitest';
import { Prg } from '../../../protocol/mpc/prg.ts';
import { ring32, ring64 } from '../../../protocol/mpc/sharing/ring.ts';
import { join, split } from '../../../protocol/mpc/sharing/shares.ts';
import { localTruncationFailure, truncateLocally } from '../../../protocol/mpc/sharing/truncate.ts';
import type { Ring, Words } from '../../../protocol/mpc/sharing/types.ts';
import { codeOf } from '../../support/thrown.ts';
import { elements, smallRing } from './small-ring.ts';

const prg = (first: number): Prg => new Prg(Uint8Array.from({ length: 32 }, (_, i) => first + i));

/** Both parties truncate; what their shares then add up to. */
function truncated<W extends Words>(ring: Ring<W>, [first, second]: readonly [W, W], fraction: number): BigInt64Array {
  return ring.toSigned(
    join(ring, truncateLocally(ring, first, fraction, 0), truncateLocally(ring, second, fraction, 1)),
  );
}

/** Results minus the exact floor. */
function errors<W extends Words>(ring: Ring<W>, values: readonly bigint[], fraction: number, seed: number): bigint[] {
  const results = truncated(ring, split(ring, ring.fromSigned(values), prg(seed)), fraction);
  return values.map((value, i) => results[i]! - (value >> BigInt(fraction)));
}

/** Whether an error is that of a wrap: 2^(bits − fraction) up or down, beside the 0 or 1 of the last place. */
function isLarge({ bits }: Ring, fraction: number, error: bigint): boolean {
  const jump = 2n ** BigInt(bits - fraction);
  return [-jump, 1n - jump, jump, jump + 1n].includes(error);
}

/** What a value of 8 bits becomes, for each of its sharings: the results, and those that are wrong by a wrap. */
function overAllShares(value: number, fraction: number): { results: bigint[]; large: bigint[] } {
  const floor = BigInt(value) >> BigInt(fraction);
  let drawn = 0;
  const ring = smallRing(8, () => drawn++);
  const shares = split(ring, new Uint32Array(256).fill(value % 256), prg(0));
  const results = [...truncated(ring, shares, fraction)];
  return { results, large: results.filter((result) => result !== floor && result !== floor + 1n) };
}

describe('local truncation over a ring of 8 bits, for all values and all shares', () => {
  it.each([1, 3, 6])(
    'by %i bits gives the floor or one more, but for as many shares as the value is large',
    (fraction) => {
      for (let value = -128; value < 128; value++) {
        const { large } = overAllShares(value, fraction);
        expect(large.length).toBe(Math.abs(value));
        // Modulo the ring, as a wrap may carry the result beyond its range.
        const jump = 2n ** BigInt(8 - fraction);
        const possible = [jump, jump + 1n, -jump, 1n - jump].map((each) => BigInt.asUintN(8, each));
        const floor = BigInt(value) >> BigInt(fraction);
        expect(large.every((result) => possible.includes(BigInt.asUintN(8, result - floor)))).toBe(true);
      }
    },
  );

  it('fails at most as often as the theorem says, and half as often for the largest values', () => {
    for (let valueBits = 0; valueBits < 7; valueBits++) {
      const bound = localTruncationFailure(8 as 32, valueBits);
      const sizes = elements(valueBits).map((size) => size + 1);
      const rates = sizes.flatMap((size) => [size, -size].map((value) => overAllShares(value, 3).large.length / 256));
      expect(Math.max(...rates)).toBe(bound / 2);
    }
  });

  it('is exact for multiples of the divisor whenever it does not fail', () => {
    for (const value of [-64n, -8n, 0n, 8n, 40n]) {
      const possible = [value / 8n, value / 8n - 32n, value / 8n + 32n];
      expect(overAllShares(Number(value), 3).results.every((result) => possible.includes(result))).toBe(true);
    }
  });
});

function holdsFor<W extends Words>(ring: Ring<W>, fraction: number): void {
  const bits = BigInt(ring.bits);
  const count = 40_000;

  it('fails at the rate |x| / 2^bits, with the large error of a wrap and no other', () => {
    for (const sign of [1n, -1n]) {
      const size = 2n ** (bits - 4n);
      const found = errors(
        ring,
        Array.from({ length: count }, (_, i) => sign * (size - BigInt(i))),
        fraction,
        5,
      );
      const large = found.filter((error) => error !== 0n && error !== 1n);
      expect(large.every((error) => isLarge(ring, fraction, error))).toBe(true);
      // Binomial with p = 1/16: five standard deviations.
      expect(Math.abs(large.length - count / 16)).toBeLessThan(5 * Math.sqrt((count / 16) * (15 / 16)));
      expect(large.length / count).toBeLessThan(localTruncationFailure(ring.bits, ring.bits - 4));
    }
  });

  it('is off by at most one in the last place for small values, upwards as often as their fraction says', () => {
    const quarter = 2n ** BigInt(fraction - 2);
    for (const value of [quarter + 2n ** BigInt(fraction), quarter - 2n ** BigInt(fraction)]) {
      const found = errors(ring, new Array<bigint>(count).fill(value), fraction, 6);
      expect(found.every((error) => error === 0n || error === 1n)).toBe(true);
      const up = found.filter((error) => error === 1n).length;
      expect(Math.abs(up - count / 4)).toBeLessThan(5 * Math.sqrt((count / 4) * (3 / 4)));
    }
  });

  it('turns on the share alone: it fails for a share below the value, and not for the value itself', () => {
    const value = 1000n * 2n ** BigInt(fraction);
    const at = (first: bigint): bigint =>
      truncated(ring, [ring.fromSigned([first]), ring.fromSigned([value - first])], fraction)[0]!;
    expect(at(value)).toBe(1000n);
    expect(at(-1n)).toBe(1000n);
    expect(at(value - 1n)).toBe(1000n - 2n ** (bits - BigInt(fraction)));
    expect(at(0n)).toBe(1000n - 2n ** (bits - BigInt(fraction)));
  });

  it('is refused by as many bits as the ring has', () => {
    for (const party of [0, 1] as const) {
      expect(codeOf(() => truncateLocally(ring, ring.zeros(1), ring.bits, party))).toBe('wire-bounds');
    }
  });
}

describe('local truncation over the ring of 32 bits', () => holdsFor(ring32, 12));
describe('local truncation over the ring of 64 bits', () => holdsFor(ring64, 13));

describe('the failure that SecureML states', () => {
  it('is once in 2^30 for 20 + 13 bits in 64, and far too often in 32', () => {
    expect(localTruncationFailure(64, 33)).toBe(2 ** -30);
    expect(localTruncationFailure(32, 24)).toBe(2 ** -7);
    expect(localTruncationFailure(32, 33)).toBe(1);
  });
});
