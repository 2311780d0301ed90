import { describe, expect, it } from 'vitest';
import {
  type AndDemand,
  type Demand,
  type LinearDemand,
  type RectifyDemand,
  type SquareDemand,
  type TransferDemand,
  weightMask,
  type WrapDemand,
} from '../../../protocol/mpc/dealer/index.ts';
import { type Ring, ring32, ring64, type Words } from '../../../protocol/mpc/sharing/index.ts';
import type { Slices } from '../../../protocol/mpc/slices.ts';
import { dealtPair, EVERY_DEMAND, MASKS } from './support/pair.ts';

const ringOf = (bits: 32 | 64): Ring => (bits === 32 ? ring32 : ring64);

/** Elements as numbers from 0 on. */
const sum = (bits: 32 | 64, a: Words, b: Words): bigint[] =>
  [...a].map((x, i) => BigInt.asUintN(bits, BigInt(x) + BigInt(b[i]!)));

/** The bits of a row, opened. */
const bitsOf = (a: Slices, b: Slices, row: number): bigint[] =>
  Array.from({ length: a.lanes }, (_, lane) => {
    const at = row * a.stride + (lane >>> 5);
    return BigInt(((a.words[at]! ^ b.words[at]!) >>> (lane & 31)) & 1);
  });

const times = (bits: 32 | 64, a: readonly bigint[], b: readonly bigint[]): bigint[] =>
  a.map((x, i) => BigInt.asUintN(bits, x * b[i]!));

/** Checks that what both sides take for a demand satisfies its equation. */
function holds(demand: Demand, number: number): void {
  const { seeded, corrected } = dealtPair([demand], number);
  const check = {
    and(one: AndDemand) {
      const [s, c] = [seeded.take(one), corrected.take(one)];
      for (let row = 0; row < one.rows; row++) {
        expect(bitsOf(s.c, c.c, row)).toEqual(times(32, bitsOf(s.a, c.a, row), bitsOf(s.b, c.b, row)));
      }
    },
    linear(one: LinearDemand) {
      const ring = ringOf(one.bits);
      const [s, c] = [seeded.take(one), corrected.take(one)];
      const shared = one.form === 'two-sided';
      expect(c.a !== undefined).toBe(shared);
      const mask = weightMask(MASKS.corrected, one);
      if (shared) ring.addInto(mask, weightMask(MASKS.seeded, one));
      const inputs = c.a === undefined ? s.a! : ring.add(s.a!, c.a);
      const products = [...ring.apply(one.map, mask, inputs, one.batch)].map(BigInt);
      expect(sum(one.bits, s.c, c.c)).toEqual(products);
      expect(products.some((product) => product !== 0n)).toBe(true);
    },
    rectify(one: RectifyDemand) {
      const [s, c] = [seeded.take(one), corrected.take(one)];
      const sign = bitsOf(s.flips, c.flips, 0);
      expect(sum(one.bits, s.sign, c.sign)).toEqual(sign);
      const mask = sum(one.bits, s.mask, c.mask);
      expect(sum(one.bits, s.signMask, c.signMask)).toEqual(times(one.bits, sign, mask));
      expect([s.flips.rows, c.flips.rows]).toEqual(one.shift === 0 ? [1, 1] : [3, 3]);
      expect([s.carries === undefined, c.carries === undefined]).toEqual([one.shift === 0, one.shift === 0]);
      if (s.carries === undefined || c.carries === undefined) return;
      const [carry, wrap] = [bitsOf(s.flips, c.flips, 1), bitsOf(s.flips, c.flips, 2)];
      expect(sum(one.bits, s.carries.carry, c.carries.carry)).toEqual(carry);
      expect(sum(one.bits, s.carries.wrap, c.carries.wrap)).toEqual(wrap);
      expect(sum(one.bits, s.carries.signCarry, c.carries.signCarry)).toEqual(times(one.bits, sign, carry));
      expect(sum(one.bits, s.carries.signWrap, c.carries.signWrap)).toEqual(times(one.bits, sign, wrap));
    },
    wrap(one: WrapDemand) {
      const [s, c] = [seeded.take(one), corrected.take(one)];
      expect(sum(one.bits, s.carry, c.carry)).toEqual(bitsOf(s.flips, c.flips, 0));
      expect(sum(one.bits, s.wrap, c.wrap)).toEqual(bitsOf(s.flips, c.flips, 1));
    },
    square(one: SquareDemand) {
      const [s, c] = [seeded.take(one), corrected.take(one)];
      const a = sum(one.bits, s.a, c.a);
      expect(sum(one.bits, s.squared, c.squared)).toEqual(times(one.bits, a, a));
    },
    transfer(one: TransferDemand) {
      const parts = [seeded.take(one), corrected.take(one)];
      const sender = parts.find((part) => part.role === 'sender')!.sender;
      const receiver = parts.find((part) => part.role === 'receiver')!.receiver;
      expect(parts[0]!.role === 'sender').toBe(one.sender === 'seeded');
      expect(sender.delta[0]! & 1).toBe(1);
      expect(sender.delta).toHaveLength(16);
      expect(receiver.choices).toHaveLength(Math.ceil(one.count / 8));
      expect(receiver.choices.at(-1)! >>> (((one.count - 1) % 8) + 1)).toBe(0);
      const labels = Uint8Array.from(
        sender.zeros,
        (zero, i) => zero ^ (sender.delta[i % 16]! * ((receiver.choices[i >>> 7]! >>> ((i >>> 4) & 7)) & 1)),
      );
      expect(receiver.labels).toEqual(labels);
      expect(labels).toHaveLength(16 * one.count);
    },
  };
  (check[demand.kind] as (one: Demand) => void)(demand);
}

describe('what both sides hold', () => {
  it.each(EVERY_DEMAND.map((demand) => [JSON.stringify(demand), demand] as const))(
    'satisfies the equation of %s, whatever the seeds',
    (_, demand) => {
      for (let number = 1; number <= 5; number++) holds(demand, number);
    },
  );

  it('has every combination of dealt bits, each about as often as another', () => {
    const demand = { kind: 'rectify', bits: 32, count: 8000, shift: 3 } as const;
    const { seeded, corrected } = dealtPair([demand], 1);
    const [s, c] = [seeded.take(demand), corrected.take(demand)];
    const rows = [0, 1, 2].map((row) => bitsOf(s.flips, c.flips, row).map(Number));
    const counts = new Array<number>(8).fill(0);
    for (let lane = 0; lane < demand.count; lane++) counts[rows.reduce((word, row) => 2 * word + row[lane]!, 0)]!++;
    // 1000 expected of each, and the seeds are fixed.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('demands of one piece', () => {
  const pair = (first: Demand, last: SquareDemand): Words => dealtPair([first, last], 3).seeded.take(last).squared;

  it('are dealt apart: what one draws does not depend on how much another draws', () => {
    const last = { kind: 'square', bits: 64, count: 4 } as const;
    expect(pair({ kind: 'and', rows: 1, lanes: 1 }, last)).toEqual(
      pair({ kind: 'transfer', count: 999, sender: 'seeded' }, last),
    );
  });

  it('have nothing in common, even if they are the same', () => {
    const one = { kind: 'square', bits: 64, count: 4 } as const;
    const { seeded } = dealtPair([one, one], 3);
    expect(seeded.take(one).a).not.toEqual(seeded.take(one).a);
  });
});
