import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prg } from '../../../protocol/mpc/prg.ts';
import type { LinearMap } from '../../../protocol/mpc/sharing/linear-map.ts';
import { mapSizes } from '../../../protocol/mpc/sharing/linear-map.ts';
import { ring32, ring64 } from '../../../protocol/mpc/sharing/ring.ts';
import type { Ring, Words } from '../../../protocol/mpc/sharing/types.ts';
import { codeOf } from '../../support/thrown.ts';
import { MAPS } from './maps.ts';
import { plainMap } from './plain.ts';

const seed = (first: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => (first + i) % 256);

/** The elements as unsigned numbers. */
const plain = (words: Words): bigint[] => Array.from(words, BigInt);

function holdsFor<W extends Words>(ring: Ring<W>): void {
  const bits = ring.bits;
  const wrap = (values: readonly bigint[]): bigint[] => values.map((value) => BigInt.asUintN(bits, value));
  const element = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }),
    fc.constantFrom(0n, 1n, 2n ** BigInt(bits - 1), 2n ** BigInt(bits) - 1n, 2n ** BigInt(bits / 2)),
  );
  const pairs = fc.array(fc.tuple(element, element), { maxLength: 40 });
  const words = (values: readonly bigint[]): W => ring.fromSigned(values);

  it('adds, subtracts, negates and multiplies element by element, modulo its size', () => {
    fc.assert(
      fc.property(pairs, (both) => {
        const [a, b] = [both.map(([x]) => x), both.map(([, y]) => y)];
        const [left, right] = [words(a), words(b)];
        expect(plain(ring.add(left, right))).toEqual(wrap(both.map(([x, y]) => x + y)));
        expect(plain(ring.subtract(left, right))).toEqual(wrap(both.map(([x, y]) => x - y)));
        expect(plain(ring.multiply(left, right))).toEqual(wrap(both.map(([x, y]) => x * y)));
        expect(plain(ring.negate(left))).toEqual(wrap(a.map((x) => -x)));
        expect([plain(left), plain(right)]).toEqual([a, b]);
      }),
    );
  });

  it('adds and subtracts in place, also a vector from itself', () => {
    const [a, b] = [words([1n, 2n, -3n]), words([5n, -7n, 9n])];
    ring.addInto(a, b);
    expect([...ring.toSigned(a)]).toEqual([6n, -5n, 6n]);
    ring.subtractInto(a, b);
    expect([...ring.toSigned(a)]).toEqual([1n, 2n, -3n]);
    ring.subtractInto(a, a);
    expect(plain(a)).toEqual([0n, 0n, 0n]);
  });

  it('shifts right as signed and as unsigned numbers', () => {
    fc.assert(
      fc.property(fc.array(element, { maxLength: 20 }), fc.nat({ max: bits - 1 }), (values, shift) => {
        const by = BigInt(shift);
        expect(plain(ring.shiftRight(words(values), shift, 'unsigned'))).toEqual(values.map((value) => value >> by));
        expect([...ring.toSigned(ring.shiftRight(words(values), shift, 'signed'))]).toEqual(
          values.map((value) => BigInt.asIntN(bits, value) >> by),
        );
      }),
    );
  });

  it('shifts by fewer bits than it has', () => {
    for (const shift of [-1, bits, 1.5]) {
      expect(codeOf(() => ring.shiftRight(ring.zeros(1), shift, 'signed'))).toBe('wire-bounds');
    }
  });

  it.each(MAPS)('applies the map %o as its definition says', (map) => {
    const prg = new Prg(seed(bits));
    const { inputs, outputs, weights: count } = mapSizes(map);
    for (const batch of [1, 2, 3, 4, 5, 12, 15]) {
      const weights = ring.draw(prg, count);
      const x = ring.draw(prg, batch * inputs);
      const y = ring.apply(map, weights, x, batch);
      expect(y.length).toBe(batch * outputs);
      expect(plain(y)).toEqual(wrap(plainMap(map, plain(weights), plain(x), batch)));
    }
  });

  it('applies prepared maps as it does others, in any order and again, until they are wiped', () => {
    const prg = new Prg(seed(3));
    const layers = MAPS.map((map) => ({ map, weights: ring.draw(prg, mapSizes(map).weights) }));
    const prepared = ring.prepare(layers);
    for (const batch of [1, 9, 2]) {
      for (const [i, { map, weights }] of [...layers.entries()].reverse()) {
        const x = ring.draw(prg, batch * mapSizes(map).inputs);
        expect(prepared.maps[i]!.map).toEqual(map);
        expect(plain(prepared.maps[i]!.apply(x, batch))).toEqual(plain(ring.apply(map, weights, x, batch)));
      }
    }
    expect(codeOf(() => prepared.maps[1]!.apply(ring.zeros(4), 1))).toBe('wire-bounds');
    prepared.wipe();
    prepared.wipe();
    expect(codeOf(() => prepared.maps[1]!.apply(ring.zeros(3), 1))).toBe('secret-wiped');
    // Memory that was given back holds nothing, and a second wipe has given nothing back twice.
    const [first, second] = [
      ring.prepare(layers),
      ring.prepare(layers.map(({ map }, i) => ({ map, weights: ring.zeros(layers[i]!.weights.length) }))),
    ];
    const ones = ring.fromSigned([1n, 1n, 1n]);
    expect(plain(first.maps[1]!.apply(ones, 1))).toEqual(plain(ring.apply(MAPS[1]!, layers[1]!.weights, ones, 1)));
    expect(plain(second.maps[1]!.apply(ones, 1))).toEqual(new Array<bigint>(7).fill(0n));
    first.wipe();
    second.wipe();
  });

  it('refuses a map whose filters are larger than its images', () => {
    for (const size of [6, 8]) {
      const map = { ...MAPS[5]!, size } as LinearMap;
      expect(codeOf(() => ring.apply(map, ring.zeros(size * size), ring.zeros(35), 1))).toBe('wire-bounds');
    }
    const still = { ...MAPS[5]!, stride: 0 } as LinearMap;
    expect(codeOf(() => ring.apply(still, ring.zeros(9), ring.zeros(35), 1))).toBe('wire-bounds');
  });

  it('prepares no map with weights of another size', () => {
    expect(codeOf(() => ring.prepare([{ map: MAPS[1]!, weights: ring.zeros(20) }]))).toBe('wire-bounds');
  });

  it('refuses vectors that do not fit a map, or each other', () => {
    const map: LinearMap = { kind: 'dense', inputs: 2, outputs: 3 };
    expect(codeOf(() => ring.apply(map, ring.zeros(5), ring.zeros(4), 2))).toBe('wire-bounds');
    expect(codeOf(() => ring.apply(map, ring.zeros(6), ring.zeros(3), 2))).toBe('wire-bounds');
    expect(codeOf(() => ring.add(ring.zeros(2), ring.zeros(3)))).toBe('wire-bounds');
    expect(codeOf(() => ring.addInto(ring.zeros(2), ring.zeros(1)))).toBe('wire-bounds');
  });

  it('writes elements as little-endian bytes and reads them back, from any place in a message', () => {
    const values = words([1n, -1n, 2n ** BigInt(bits - 1) - 1n]);
    const bytes = ring.toBytes(values);
    expect([...bytes.subarray(0, ring.bytes)]).toEqual([1, ...new Array<number>(ring.bytes - 1).fill(0)]);
    const message = Uint8Array.of(7, ...bytes);
    expect(plain(ring.fromBytes(message.subarray(1)))).toEqual(plain(values));
    expect(codeOf(() => ring.fromBytes(message))).toBe('wire-bounds');
  });

  it('stands for signed numbers in two’s complement', () => {
    const values = [0n, 1n, -1n, 2n ** BigInt(bits - 1) - 1n, -(2n ** BigInt(bits - 1))];
    expect([...ring.toSigned(words(values))]).toEqual(values);
    expect([...ring.toSigned(ring.fromSigned(BigInt64Array.from(values)))]).toEqual(values);
    expect(plain(ring.fromSigned(BigInt64Array.of(-2n)))).toEqual([2n ** BigInt(bits) - 2n]);
  });

  it('draws the words of a generator in order', () => {
    const bytes = new Prg(seed(1)).bytes(5 * ring.bytes);
    expect(ring.toBytes(ring.draw(new Prg(seed(1)), 5))).toEqual(bytes);
  });
}

describe('the ring of 32 bits', () => holdsFor(ring32));
describe('the ring of 64 bits', () => holdsFor(ring64));
