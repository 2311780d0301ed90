import { describe, expect, it } from 'vitest';
import { ring32, ring64, type Ring, type Words } from '../../../protocol/mpc/sharing/index.ts';
import { packRows } from '../../../protocol/mpc/slices.ts';
import { shareRectifications, shareSquares, shareWraps } from '../../../protocol/mpc/transfer/index.ts';
import { runPair } from '../../../protocol/mpc/turn.ts';
import { aes, bitAt, bothWays, deviation, onesOf, prgOf, xorOf } from './fixtures.ts';

const rings = [ring32, ring64] as readonly Ring[];
const setup = bothWays(1);
const count = 333;

/** The bits of a row that two sides share by XOR, as numbers. */
function bitsOf(row: number, flips: readonly Uint8Array[]): bigint[] {
  const all = xorOf(flips[0]!, flips[1]!);
  return Array.from({ length: count }, (_, lane) => BigInt(bitAt(all, 8 * row * Math.ceil(count / 8) + lane)));
}

/** The numbers that two sides share additively. */
const plain = (ring: Ring, x: Words, y: Words): bigint[] => [...ring.add(x, y)].map(BigInt);

describe.each(rings)('values by transfers, in $bits bits', (ring) => {
  it('are squares of numbers that neither side knows', () => {
    const [x, y] = runPair(
      shareSquares(ring, count, prgOf(1), setup[0]),
      shareSquares(ring, count, prgOf(2), setup[1]),
      aes,
    ).results;
    const a = ring.add(x.a, y.a);
    expect([...ring.add(x.squared, y.squared)]).toEqual([...ring.multiply(a, a)]);
    expect([...x.a]).toEqual([...ring.draw(prgOf(1), count)]);
    expect([...x.squared]).not.toEqual([...ring.multiply(x.a, x.a)]);
  });

  it('are bits shared both by XOR and additively, for exact shifts', () => {
    const [x, y] = runPair(
      shareWraps(ring, count, prgOf(3), setup[0]),
      shareWraps(ring, count, prgOf(4), setup[1]),
      aes,
    ).results;
    const flips = [packRows(x.flips), packRows(y.flips)];
    expect(plain(ring, x.carry, y.carry)).toEqual(bitsOf(0, flips));
    expect(plain(ring, x.wrap, y.wrap)).toEqual(bitsOf(1, flips));
    for (const side of flips) expect(deviation(onesOf(side), 2 * count)).toBeLessThan(5);
    // An additive share is uniform and no bit: a side cannot read the bit from it.
    expect(deviation(onesOf(ring.toBytes(x.carry)), ring.bits * count)).toBeLessThan(5);
  });

  it.each([0, 12])('are bits, masks and their products, for ReLUs with a shift of %i', (shift) => {
    const [x, y] = runPair(
      shareRectifications(ring, count, shift, prgOf(5), setup[0]),
      shareRectifications(ring, count, shift, prgOf(6), setup[1]),
      aes,
    ).results;
    const flips = [packRows(x.flips), packRows(y.flips)];
    const sign = bitsOf(0, flips);
    const mask = plain(ring, x.mask, y.mask);
    expect(plain(ring, x.sign, y.sign)).toEqual(sign);
    expect(plain(ring, x.signMask, y.signMask)).toEqual(mask.map((a, i) => a * sign[i]!));
    expect([x.flips.rows, x.carries === undefined]).toEqual(shift === 0 ? [1, true] : [3, false]);
    if (x.carries === undefined || y.carries === undefined) return;
    const [carry, wrap] = [bitsOf(1, flips), bitsOf(2, flips)];
    expect(plain(ring, x.carries.carry, y.carries.carry)).toEqual(carry);
    expect(plain(ring, x.carries.wrap, y.carries.wrap)).toEqual(wrap);
    expect(plain(ring, x.carries.signCarry, y.carries.signCarry)).toEqual(carry.map((c, i) => c * sign[i]!));
    expect(plain(ring, x.carries.signWrap, y.carries.signWrap)).toEqual(wrap.map((w, i) => w * sign[i]!));
  });
});
