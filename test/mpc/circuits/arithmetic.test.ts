import { describe, expect, it } from 'vitest';
import {
  add,
  argmaxOf,
  carryOut,
  type CircuitBuilder,
  less,
  max,
  maxOf,
  relu,
  select,
  type Shape,
  subtract,
  type Word,
} from '../../../protocol/mpc/circuits/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { circuitOf, expectEqual, type Make } from './support/circuit-of.ts';

const flag = (condition: boolean): bigint => (condition ? 1n : 0n);
const shapes = ['few', 'shallow'] as const;
const widths = [1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 32, 63, 64, 65];
const each = shapes.flatMap((shape) => widths.map((width) => [shape, width] as const));

describe.each(each)('circuits with %s ANDs on words of %i bits', (shape, width) => {
  const signed = (value: bigint): bigint => BigInt.asIntN(width, value);

  it('add, with and without a carry in, and give the carry out', () => {
    expectEqual(
      circuitOf([width, width], (b, [x, y]) => add(b, x!, y!, shape)),
      (x, y) => x + y,
    );
    const carried: Make = (b, [x, y, c]) => [...add(b, x!, y!, shape, c![0]), carryOut(b, x!, y!, shape, c![0])];
    expectEqual(circuitOf([width, width, 1], carried), (x, y, c) => x + y + c);
  });

  it('subtract', () => {
    expectEqual(
      circuitOf([width, width], (b, [x, y]) => subtract(b, x!, y!, shape)),
      (x, y) => x - y,
    );
  });

  it('compare signed and unsigned numbers', () => {
    const both: Make = (b, [x, y]) => [less(b, x!, y!, 'signed', shape), less(b, x!, y!, 'unsigned', shape)];
    expectEqual(circuitOf([width, width], both), (x, y) => flag(signed(x) < signed(y)) + 2n * flag(x < y));
  });

  it('give the larger of two numbers', () => {
    const larger = (sign: 'signed' | 'unsigned'): Make => {
      return (b, [x, y]) => max(b, x!, y!, sign, shape);
    };
    expectEqual(circuitOf([width, width], larger('signed')), (x, y) => (signed(x) < signed(y) ? y : x));
    expectEqual(circuitOf([width, width], larger('unsigned')), (x, y) => (x < y ? y : x));
  });
});

describe('circuits that select', () => {
  it('give one of two words', () => {
    expectEqual(
      circuitOf([1, 5, 5], (b, [c, x, y]) => select(b, c![0]!, x!, y!)),
      (c, x, y) => (c === 1n ? x : y),
    );
  });

  it.each([1, 2, 5, 12, 32, 64])('rectify words of %i bits', (width) => {
    const circuit = circuitOf([width], (b, [x]) => relu(b, x!));
    expectEqual(circuit, (x) => (BigInt.asIntN(width, x) < 0n ? 0n : x));
  });

  it.each([1, 2, 3, 4, 5, 7])('find the largest of %i words and the first place where it is', (count) => {
    for (const shape of shapes) {
      for (const width of [2, 16]) {
        const largest = (...values: bigint[]): number => {
          return values.reduce(
            (best, x, at) => (BigInt.asIntN(width, x) > BigInt.asIntN(width, values[best]!) ? at : best),
            0,
          );
        };
        const all = Array.from({ length: count }, () => width);
        const value = circuitOf(all, (b, words) => maxOf(b, words, 'signed', shape));
        const index = circuitOf(all, (b, words) => argmaxOf(b, words, 'signed', shape));
        expect(index.outputs.length).toBe(count === 1 ? 0 : Math.ceil(Math.log2(count)));
        expectEqual(value, (...values) => values[largest(...values)]!);
        expectEqual(index, (...values) => BigInt(largest(...values)));
      }
    }
  });
});

describe('functions of words', () => {
  it('refuse words of different widths, and the largest of none', () => {
    const refused: Make[] = [
      (b, [x, y]) => add(b, x!, y!, 'few'),
      (b, [x, y]) => subtract(b, x!, y!, 'shallow'),
      (b, [x, y]) => [less(b, x!, y!, 'signed', 'shallow')],
      (b, [x, y]) => [carryOut(b, x!, y!, 'few')],
      (b, [x, y]) => select(b, x![0]!, x!, y!),
      (b) => maxOf(b, [], 'signed', 'few'),
      (b) => argmaxOf(b, [], 'signed', 'few'),
    ];
    for (const make of refused) expect(codeOf(() => circuitOf([4, 3], make))).toBe('internal');
  });
});

describe('the size of known circuits', () => {
  const sizeOf = (shape: Shape, width: number, make: (b: CircuitBuilder, x: Word, y: Word) => Word) => {
    const { ands, depth } = circuitOf([width, width], (b, [x, y]) => make(b, x!, y!));
    expect(shape === 'few' ? depth >= ands / 2 : depth <= 8).toBe(true);
    return [ands, depth];
  };

  it('is one AND a bit for ripple adders, subtractors, comparators, and two for the larger of two (KSS 2009)', () => {
    for (let n = 2; n <= 65; n++) {
      expect(sizeOf('few', n, (b, x, y) => add(b, x, y, 'few'))).toEqual([n - 1, n - 1]);
      expect(sizeOf('few', n, (b, x, y) => [...add(b, x, y, 'few'), carryOut(b, x, y, 'few')])).toEqual([n, n]);
      expect(sizeOf('few', n, (b, x, y) => subtract(b, x, y, 'few'))).toEqual([n - 1, n - 1]);
      expect(sizeOf('few', n, (b, x, y) => [less(b, x, y, 'signed', 'few')])).toEqual([n, n]);
      expect(sizeOf('few', n, (b, x, y) => max(b, x, y, 'signed', 'few'))).toEqual([2 * n, n + 1]);
    }
  });

  it('is 2n − ⌈log2(n + 1)⌉ ANDs for a shallow comparison, fewer than by a tree of generate and propagate (GSV 2007)', () => {
    for (let n = 1; n <= 65; n++) {
      const depth = Math.ceil(Math.log2(n + 1));
      const compared = sizeOf('shallow', n, (b, x, y) => [less(b, x, y, 'signed', 'shallow')]);
      expect(compared).toEqual([2 * n - depth, depth]);
      expect(compared[0]).toBeLessThanOrEqual(3 * n - Math.ceil(Math.log2(n)) - 2);
      expect(depth).toBeLessThanOrEqual(Math.ceil(Math.log2(n)) + 1);
    }
  });

  it('is no more than Sklansky’s network takes for shallow adders, at the smallest depth', () => {
    for (const [n, ands] of [
      [4, 5],
      [8, 17],
      [16, 47],
      [32, 119],
      [64, 287],
    ] as const) {
      const depth = Math.log2(n);
      expect(sizeOf('shallow', n, (b, x, y) => add(b, x, y, 'shallow'))).toEqual([ands, depth]);
      expect(sizeOf('shallow', n, (b, x, y) => subtract(b, x, y, 'shallow'))).toEqual([ands, depth]);
      expect(ands).toBeLessThanOrEqual((depth - 1) * n + 1);
    }
  });

  it('is n − 1 ANDs for a rectifier and n for a choice', () => {
    expect(circuitOf([32], (b, [x]) => relu(b, x!))).toMatchObject({ ands: 31, depth: 1 });
    expect(circuitOf([1, 32, 32], (b, [c, x, y]) => select(b, c![0]!, x!, y!))).toMatchObject({ ands: 32, depth: 1 });
  });

  it('grows by a comparison and a choice for each word of a tournament', () => {
    for (const [count, n] of [
      [2, 8],
      [4, 32],
      [10, 32],
      [16, 64],
    ] as const) {
      const words = Array.from({ length: count }, () => n);
      expect(circuitOf(words, (b, all) => maxOf(b, all, 'signed', 'few')).ands).toBe(2 * n * (count - 1));
      const index = circuitOf(words, (b, all) => argmaxOf(b, all, 'signed', 'few')).ands;
      const bits = Math.log2(count);
      if (Number.isInteger(bits)) expect(index).toBe((2 * count - 3) * n + count - bits - 1);
      expect(index).toBeLessThanOrEqual(2 * n * (count - 1) + count + 1);
    }
  });
});
