import { describe, expect, it } from 'vitest';
import {
  divideByConstant,
  multiply,
  multiplyConstant,
  multiplyFixed,
  type Shape,
  type Sign,
} from '../../../protocol/mpc/circuits/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { circuitOf, expectEqual } from './support/circuit-of.ts';
import { testRandom } from './support/words.ts';

const shapes: readonly Shape[] = ['few', 'shallow'];
const signs: readonly Sign[] = ['signed', 'unsigned'];
const both = shapes.flatMap((shape) => signs.map((sign) => [shape, sign] as const));

/** The number that a word stands for. */
function valueOf(word: bigint, width: number, sign: Sign): bigint {
  return sign === 'signed' ? BigInt.asIntN(width, word) : word;
}

/** ⌊x / d⌋ for d > 0. */
function floored(x: bigint, d: bigint): bigint {
  return (x - (((x % d) + d) % d)) / d;
}

describe.each(both)('multiplication with %s ANDs of %s words', (shape, sign) => {
  it.each([
    [1, 1, 2],
    [1, 4, 5],
    [3, 5, 8],
    [6, 6, 12],
    [7, 7, 7],
    [4, 4, 6],
    [5, 5, 13],
    [16, 16, 32],
    [32, 32, 32],
    [64, 64, 128],
  ])('gives the product of %i and %i bits modulo 2^%i', (n, m, width) => {
    expectEqual(
      circuitOf([n, m], (b, [x, y]) => multiply(b, x!, y!, width, sign, shape)),
      (x, y) => valueOf(x, n, sign) * valueOf(y, m, sign),
    );
  });

  it('gives products with constants of either sign', () => {
    const factors = [0n, 1n, -1n, 2n, 3n, -3n, 7n, 10n, 85n, -128n, 255n, 1000n];
    for (const [n, width] of [
      [1, 4],
      [5, 9],
      [8, 8],
      [33, 50],
    ] as const) {
      for (const factor of factors) {
        const circuit = circuitOf([n], (b, [x]) => multiplyConstant(b, x!, factor, width, sign, shape));
        expectEqual(circuit, (x) => valueOf(x, n, sign) * factor);
      }
    }
  });

  it('divides by constants, rounding down', () => {
    for (const width of [1, 2, 3, 5, 8]) {
      for (let divisor = 1n; divisor <= 2n ** BigInt(width) + 1n; divisor++) {
        const circuit = circuitOf([width], (b, [x]) => divideByConstant(b, x!, divisor, sign, shape));
        expectEqual(circuit, (x) => floored(valueOf(x, width, sign), divisor));
      }
    }
  });

  it('divides wide words, also next to multiples of the divisor', () => {
    const random = testRandom(7n);
    for (const width of [16, 32, 64]) {
      const divisors = [
        3n,
        7n,
        9n,
        25n,
        36n,
        49n,
        100n,
        641n,
        65537n,
        2n ** 31n - 1n,
        random(width - 3) | 1n,
        random(12) | 1n,
      ];
      for (const divisor of divisors) {
        const cases = Array.from({ length: 300 }, (_, at) => {
          const x = random(width);
          const near = x - (x % divisor) + (BigInt(at) % 3n) - 1n;
          return [BigInt.asUintN(width, at % 4 === 0 ? x : at < 8 ? -BigInt(at) : near)];
        });
        const circuit = circuitOf([width], (b, [x]) => divideByConstant(b, x!, divisor, sign, shape));
        expectEqual(circuit, (x) => floored(valueOf(x, width, sign), divisor), cases);
      }
    }
  });
});

describe.each(shapes)('a fixed-point product with %s ANDs', (shape) => {
  it.each([
    [4, 0],
    [4, 2],
    [6, 3],
    [7, 7],
    [32, 12],
    [64, 20],
  ])('of %i bits, %i of them fraction, is the floor of the product, modulo the width', (n, fraction) => {
    expectEqual(
      circuitOf([n, n], (b, [x, y]) => multiplyFixed(b, x!, y!, fraction, shape)),
      (x, y) => (BigInt.asIntN(n, x) * BigInt.asIntN(n, y)) >> BigInt(fraction),
    );
  });
});

describe('the size of', () => {
  it('a product is that of textbook multiplication, 2n² − n ANDs, and half of it modulo 2^n', () => {
    for (const n of [2, 3, 8, 16, 32, 64]) {
      const whole = circuitOf([n, n], (b, [x, y]) => multiply(b, x!, y!, 2 * n, 'unsigned', 'few'));
      expect(whole.ands).toBe(2 * n * n - n);
      const low = circuitOf([n, n], (b, [x, y]) => multiply(b, x!, y!, n, 'unsigned', 'few'));
      expect(low.ands).toBe(n * n - n + 1);
    }
  });

  it('a shallow product grows with the logarithm of its width', () => {
    const depths = [8, 16, 32, 64].map((n) => {
      return circuitOf([n, n], (b, [x, y]) => multiply(b, x!, y!, 2 * n, 'unsigned', 'shallow')).depth;
    });
    expect(depths).toEqual([8, 10, 13, 15]);
  });

  it('a division is nothing for powers of two, and k − 1 ANDs a digit for divisors of k bits', () => {
    const divided = (divisor: bigint, width: number, shape: Shape) => {
      const { ands, depth } = circuitOf([width], (b, [x]) => divideByConstant(b, x!, divisor, 'unsigned', shape));
      return { ands, depth };
    };
    for (const shape of shapes) expect(divided(16n, 64, shape)).toEqual({ ands: 0, depth: 0 });
    expect(divided(3n, 32, 'few').ands).toBe(31);
    expect(divided(9n, 32, 'few').ands).toBe(3 * 29);
    expect(divided(25n, 64, 'few').ands).toBe(4 * 60);
    expect(divided(9n, 32, 'shallow').depth).toBe(10);
    expect(divided(49n, 64, 'shallow').depth).toBe(13);
  });
});

describe('division', () => {
  it('refuses divisors below 1', () => {
    for (const divisor of [0n, -2n]) {
      expect(codeOf(() => circuitOf([4], (b, [x]) => divideByConstant(b, x!, divisor, 'signed', 'few')))).toBe(
        'internal',
      );
    }
  });
});
