import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prg } from '../../../protocol/mpc/prg.ts';
import { ring32, ring64 } from '../../../protocol/mpc/sharing/ring.ts';
import { join, split, wipeWords } from '../../../protocol/mpc/sharing/shares.ts';
import type { Ring, Words } from '../../../protocol/mpc/sharing/types.ts';
import { codeOf } from '../../support/thrown.ts';
import { elements, smallRing } from './small-ring.ts';

const prg = (first: number): Prg => new Prg(Uint8Array.from({ length: 32 }, (_, i) => first + i));

/** Pearson's statistic of bytes against uniform ones: 255 on average, 23 of standard deviation, if they are uniform. */
function chiSquare(bytes: Uint8Array): number {
  const expected = bytes.length / 256;
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte]!++;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Beyond this, bytes are not uniform: more than six standard deviations. */
const MAX_CHI_SQUARE = 400;

/** The worst statistic of the bytes at each place of the elements. */
function worst<W extends Words>(ring: Ring<W>, words: W): number {
  const bytes = ring.toBytes(words);
  const places = Array.from({ length: ring.bytes }, (_, place) =>
    chiSquare(bytes.filter((_byte, i) => i % ring.bytes === place)),
  );
  return Math.max(...places);
}

function holdsFor<W extends Words>(ring: Ring<W>): void {
  it('add up to the values', () => {
    const element = fc.bigInt({ min: -(2n ** BigInt(ring.bits - 1)), max: 2n ** BigInt(ring.bits - 1) - 1n });
    fc.assert(
      fc.property(fc.array(element, { maxLength: 50 }), fc.nat({ max: 200 }), (values, first) => {
        const [a, b] = split(ring, ring.fromSigned(values), prg(first));
        expect([...ring.toSigned(join(ring, a, b))]).toEqual(values);
      }),
    );
  });

  it.each([0n, 1n, -1n, 2n ** BigInt(ring.bits - 2)])('are each uniform for the value %s', (value) => {
    const values = ring.fromSigned(Array.from({ length: 20_000 }, () => value));
    const [a, b] = split(ring, values, prg(3));
    expect(worst(ring, a)).toBeLessThan(MAX_CHI_SQUARE);
    expect(worst(ring, b)).toBeLessThan(MAX_CHI_SQUARE);
    // The statistic tells: shares drawn with one bit fewer fail.
    const short: Ring<W> = { ...ring, draw: (from, count) => ring.shiftRight(ring.draw(from, count), 1, 'unsigned') };
    const [weak] = split(short, values, prg(3));
    expect(worst(ring, weak)).toBeGreaterThan(MAX_CHI_SQUARE);
  });

  it('of the same values are other ones each time', () => {
    const generator = prg(9);
    const [first] = split(ring, ring.zeros(4), generator);
    const [second] = split(ring, ring.zeros(4), generator);
    expect([...ring.toSigned(first)]).not.toEqual([...ring.toSigned(second)]);
  });

  it('are wiped, and nothing else in their buffer is', () => {
    const all = ring.fromSigned([1n, 2n, 3n, 4n]);
    wipeWords(all.subarray(1, 3));
    expect([...ring.toSigned(all)]).toEqual([1n, 0n, 0n, 4n]);
  });

  it('of different lengths are not joined', () => {
    expect(codeOf(() => join(ring, ring.zeros(2), ring.zeros(3)))).toBe('wire-bounds');
  });
}

describe('shares over the ring of 32 bits', () => holdsFor(ring32));
describe('shares over the ring of 64 bits', () => holdsFor(ring64));

describe('shares over a ring of 5 bits', () => {
  it.each([0, 1, 17, 31])('take every value once, both of them, over all draws for the value %i', (value) => {
    const seen = elements(5).map((drawn) => {
      const ring = smallRing(5, () => drawn);
      const [a, b] = split(ring, Uint32Array.of(value), prg(0));
      expect([...join(ring, a, b)]).toEqual([value]);
      return [a[0]!, b[0]!] as const;
    });
    for (const side of [0, 1] as const) {
      expect(seen.map((pair) => pair[side]).sort((x, y) => x - y)).toEqual(elements(5));
    }
  });
});
