import { describe, expect, it } from 'vitest';
import {
  type Pieces,
  piecewiseLinear,
  piecewiseValue,
  type Shape,
  sharedPiecewise,
  sigmoidPieces,
  tanhPieces,
} from '../../../protocol/mpc/circuits/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { circuitOf, expectEqual } from './support/circuit-of.ts';
import { testRandom } from './support/words.ts';

const shapes: readonly Shape[] = ['few', 'shallow'];

/** Holds the circuit of pieces against their values in the clear, on words of `width` bits. */
function expectPieces(pieces: Pieces, width: number, shape: Shape, cases?: bigint[][]): void {
  const circuit = circuitOf([width], (b, [x]) => piecewiseLinear(b, x!, pieces, shape));
  expectEqual(circuit, (x) => piecewiseValue(pieces, BigInt.asIntN(width, x)), cases);
}

/** Values next to every knot, and at random near 0 and anywhere. */
function near(pieces: Pieces, width: number): bigint[][] {
  const random = testRandom(BigInt(width));
  const knots = pieces.flatMap(({ from = 0n }) => [from - 1n, from, from + 1n]);
  const close = Array.from({ length: 300 }, () => BigInt.asIntN(16, random(16)));
  const any = Array.from({ length: 300 }, () => random(width));
  return [...knots, ...close, ...any].map((x) => [BigInt.asUintN(width, x)]);
}

const named = [
  ['sigmoid, secureml', (fraction: number) => sigmoidPieces(fraction, 'secureml')],
  ['sigmoid, plan', (fraction: number) => sigmoidPieces(fraction, 'plan')],
  ['sigmoid, fine', (fraction: number) => sigmoidPieces(fraction, 'fine')],
  ['tanh, plan', (fraction: number) => tanhPieces(fraction, 'plan')],
  ['tanh, fine', (fraction: number) => tanhPieces(fraction, 'fine')],
] as const;

describe.each(shapes)('a function by pieces, with %s ANDs', (shape) => {
  it.each(named)('is exactly what it is in the clear: %s', (_, piecesOf) => {
    for (const fraction of [4, 6, 9]) expectPieces(piecesOf(fraction), 13, shape);
    // Words in which only some of the knots are.
    for (const width of [2, 5, 8]) expectPieces(piecesOf(6), width, shape);
    for (const [width, fraction] of [
      [32, 12],
      [64, 20],
      [64, 13],
    ] as const) {
      const pieces = piecesOf(fraction);
      expectPieces(pieces, width, shape, near(pieces, width));
    }
  });

  it('may have any slopes and knots, and steps', () => {
    const random = testRandom(3n);
    for (let round = 0; round < 25; round++) {
      const knots = new Set(Array.from({ length: 1 + Number(random(2)) }, () => BigInt.asIntN(8, random(8))));
      const sorted = [undefined, ...[...knots].toSorted((a, b) => Number(a - b))];
      const pieces = sorted.map((from) => ({
        from,
        multiplier: BigInt.asIntN(6, random(6)),
        shift: Number(random(3)),
        offset: BigInt.asIntN(9, random(9)),
      }));
      expectPieces(pieces, 9, shape);
    }
  });

  it('may be one line, or a constant', () => {
    expectPieces([{ from: undefined, multiplier: -3n, shift: 1, offset: 5n }], 8, shape);
    expectPieces([{ from: undefined, multiplier: 0n, shift: 0, offset: -5n }], 8, shape);
  });
});

describe('pieces', () => {
  /** The largest distance between pieces and a function on [−10, 10]. */
  const distance = (pieces: Pieces, fraction: number, exact: (x: number) => number): number => {
    const one = 2 ** fraction;
    let largest = 0;
    for (let x = -10 * one; x <= 10 * one; x += 7) {
      largest = Math.max(largest, Math.abs(Number(piecewiseValue(pieces, BigInt(x))) / one - exact(x / one)));
    }
    return largest;
  };
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

  it('are as far from the sigmoid as they say', () => {
    expect(distance(sigmoidPieces(13, 'secureml'), 13, sigmoid)).toBeCloseTo(0.378, 3);
    expect(distance(sigmoidPieces(13, 'plan'), 13, sigmoid)).toBeCloseTo(0.019, 3);
    expect(distance(sigmoidPieces(13, 'fine'), 13, sigmoid)).toBeLessThan(0.0032);
  });

  it('are twice as far from tanh', () => {
    expect(distance(tanhPieces(13, 'plan'), 13, Math.tanh)).toBeCloseTo(0.0378, 3);
    expect(distance(tanhPieces(13, 'fine'), 13, Math.tanh)).toBeLessThan(0.0064);
  });

  it('are those of SecureML: 0, x + ½ and 1', () => {
    const pieces = sigmoidPieces(8, 'secureml');
    const values = [-1000n, -129n, -128n, -100n, 0n, 1n, 127n, 128n, 1000n].map((x) => piecewiseValue(pieces, x));
    expect(values).toEqual([0n, 0n, 0n, 28n, 128n, 129n, 255n, 256n, 256n]);
  });

  it('are those of the PLAN approximation', () => {
    const values = [0, 0.5, 1, 2, 2.375, 4, 5, 9].map((x) =>
      piecewiseValue(sigmoidPieces(16, 'plan'), BigInt(x * 65536)),
    );
    expect(values.map((value) => Number(value) / 65536)).toEqual([0.5, 0.625, 0.75, 0.875, 0.91796875, 0.96875, 1, 1]);
  });

  it('take 4 bits of fraction or more', () => {
    expect(codeOf(() => sigmoidPieces(3, 'plan'))).toBe('internal');
    expect(codeOf(() => tanhPieces(4.5, 'fine'))).toBe('internal');
  });

  it('are refused out of order, without a first one, or with none', () => {
    const piece = (from: bigint | undefined) => ({ from, multiplier: 1n, shift: 0, offset: 0n });
    for (const pieces of [
      [piece(1n)],
      [piece(undefined), piece(undefined)],
      [piece(undefined), piece(3n), piece(3n)],
      [],
    ]) {
      expect(codeOf(() => circuitOf([4], (b, [x]) => piecewiseLinear(b, x!, pieces, 'few')))).toBe('internal');
    }
    expect(codeOf(() => piecewiseValue([piece(1n)], 0n))).toBe('internal');
  });
});

describe('a function by pieces of a shared value', () => {
  it.each([
    [6, 0],
    [6, 2],
    [32, 0],
    [32, 12],
    [64, 20],
  ])('is that of the sum of %i bits, shifted by %i, minus r', (bits, shift) => {
    const fraction = bits < 32 ? 4 : 13;
    const pieces = tanhPieces(fraction, 'plan');
    const value = (z0: bigint, r: bigint, z1: bigint): bigint => {
      return piecewiseValue(pieces, BigInt.asIntN(bits, z0 + z1) >> BigInt(shift)) - r;
    };
    // Sums that are close to 0, since everything else is saturated.
    const random = testRandom(BigInt(bits));
    const cases = Array.from({ length: 2000 }, () => {
      const [z0, r] = [random(bits), random(bits)];
      const z = BigInt.asIntN(fraction + 3 + shift, random(fraction + 3 + shift));
      return [z0, r, BigInt.asUintN(bits, z - z0)];
    });
    expectEqual(sharedPiecewise('tanh', pieces, bits, shift), value, cases);
    if (bits >= 32) expectEqual(sharedPiecewise('tanh', pieces, bits, shift), value);
  });

  it('has few ANDs', () => {
    const sizes = [
      [sigmoidPieces(13, 'secureml'), 64, 13],
      [sigmoidPieces(13, 'plan'), 64, 13],
      [sigmoidPieces(12, 'fine'), 32, 12],
      [tanhPieces(12, 'plan'), 32, 12],
    ] as const;
    const ands = sizes.map(([pieces, bits, shift]) => sharedPiecewise('f', pieces, bits, shift).ands);
    expect(ands).toEqual([181, 230, 290, 136]);
  });
});
