import { describe, expect, it } from 'vitest';
import { rectifyCircuit, wrapCircuit } from '../../../protocol/mpc/circuits/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { casesFor, evaluate, testRandom } from './support/words.ts';

const low = (value: bigint, bits: number): bigint => BigInt.asUintN(bits, value);

/** Carry out of the low bits of a sum. */
function carryOut(x: bigint, y: bigint, bits: number): bigint {
  return (low(x, bits) + low(y, bits)) >> BigInt(bits);
}

const sizes = [2, 3, 4, 5, 6, 7].flatMap((bits) => Array.from({ length: bits }, (_, shift) => [bits, shift] as const));
const large = [8, 13, 31, 32, 33, 63, 64].flatMap((bits) =>
  [0, 1, 12, 15, 20, bits - 1].filter((shift) => shift < bits).map((shift) => [bits, shift] as const),
);

describe('the circuit of a rectifier', () => {
  it.each([...sizes, ...large])('gives sign and carries of a sum of %i bits, cut at bit %i', (bits, shift) => {
    const circuit = rectifyCircuit(bits, shift);
    const cases = casesFor(circuit);
    expect(circuit.outputs.length).toBe(shift === 0 ? 1 : 3);
    // Of a negative sum w means nothing.
    const right = (cases as [bigint, bigint][]).map(([x, y]) => {
      if (low(x + y, bits) >> BigInt(bits - 1) === 1n) return 2n * carryOut(x, y, shift);
      return 1n + 2n * carryOut(x, y, shift) + 4n * (shift === 0 ? 0n : carryOut(x, y, bits));
    });
    const outputs = evaluate(circuit, cases).map((output) => ((output & 1n) === 1n ? output : output & 3n));
    expect(outputs).toEqual(right);
  });

  it('has the smallest depth there is, and few ANDs', () => {
    for (let bits = 2; bits <= 70; bits++) {
      const depth = Math.ceil(Math.log2(bits));
      expect(rectifyCircuit(bits, 0)).toMatchObject({ depth, ands: 2 * (bits - 1) - depth });
      for (let shift = 1; shift < bits; shift++) expect(rectifyCircuit(bits, shift).depth).toBe(depth);
    }
    const counts = [
      [32, 0, 57],
      [32, 12, 60],
      [64, 0, 120],
      [64, 20, 123],
    ] as const;
    for (const [bits, shift, ands] of counts) expect(rectifyCircuit(bits, shift).ands).toBe(ands);
  });

  it('refuses a shift that is not below the width', () => {
    for (const [bits, shift] of [
      [32, 32],
      [32, -1],
      [32, 1.5],
      [1, 0],
    ] as const) {
      expect(codeOf(() => rectifyCircuit(bits, shift))).toBe('internal');
    }
  });
});

describe('the circuit of a shift', () => {
  const shifted = [...sizes, ...large].filter(([, shift]) => shift > 0);

  it.each(shifted)('gives the carries of a sum of %i bits, cut at bit %i', (bits, shift) => {
    const circuit = wrapCircuit(bits, shift);
    const half = wrapCircuit(bits, shift, 'half');
    const cases = casesFor(circuit);
    const right = ([x, y]: bigint[]): bigint => carryOut(x!, y!, shift) + 2n * carryOut(x!, y!, bits);
    expect(evaluate(circuit, cases)).toEqual(cases.map(right));
    const nonNegative = cases.filter(([x, y]) => low(x! + y!, bits) >> BigInt(bits - 1) === 0n);
    expect(evaluate(half, nonNegative)).toEqual(nonNegative.map(right));
  });

  it('has the smallest depth there is, and few ANDs', () => {
    for (let bits = 2; bits <= 70; bits++) {
      const depth = Math.ceil(Math.log2(bits + 1));
      for (let shift = 1; shift < bits; shift++) {
        expect(wrapCircuit(bits, shift).depth).toBe(depth);
        const half = wrapCircuit(bits, shift, 'half');
        expect(half.depth).toBe(Math.ceil(Math.log2(shift + 1)));
        expect(half.ands).toBe(2 * shift - half.depth + 1);
      }
    }
    expect(wrapCircuit(32, 12).ands).toBe(60);
    expect(wrapCircuit(64, 20).ands).toBe(123);
  });

  it('refuses a shift by nothing', () => {
    expect(codeOf(() => wrapCircuit(32, 0))).toBe('internal');
  });
});

describe('what the circuits give', () => {
  /** Words at random, of one share and of a value that is often close to 0. */
  const sums = (bits: number): [bigint, bigint][] => {
    const random = testRandom(BigInt(bits));
    return Array.from({ length: 1000 }, (_, at) => {
      const [x, near] = [random(bits), Math.max(2, (at * 7) % bits)];
      return [x, low(BigInt.asIntN(near, random(near)) - x, bits)];
    });
  };

  it.each([
    [32, 12],
    [64, 20],
    [16, 15],
    [16, 1],
  ])('is enough to rectify and shift shares of %i bits by %i', (bits, shift) => {
    const s = BigInt(shift);
    const outputs = evaluate(rectifyCircuit(bits, shift), sums(bits));
    const got = sums(bits).map(([x, y], at) => {
      const [n, c, w] = [outputs[at]! & 1n, (outputs[at]! >> 1n) & 1n, outputs[at]! >> 2n];
      return low(n * ((x >> s) + (y >> s) + c - (w << BigInt(bits - shift))), bits);
    });
    const value = (x: bigint, y: bigint): bigint => BigInt.asIntN(bits, x + y);
    expect(got).toEqual(sums(bits).map(([x, y]) => (value(x, y) < 0n ? 0n : value(x, y) >> s)));
  });

  it.each([
    [32, 12, 'any'],
    [64, 20, 'any'],
    [32, 12, 'half'],
    [64, 20, 'half'],
  ] as const)('is enough to shift signed shares of %i bits by %i, whose wrap is known for %s', (bits, shift, range) => {
    const s = BigInt(shift);
    // What makes the sums positive, before, and is taken off again, after.
    const lift = 1n << BigInt(range === 'any' ? bits - 1 : bits - 2);
    const fitting = sums(bits).filter(([x, y]) => {
      const z = BigInt.asIntN(bits, x + y);
      return z >= -lift && z < lift;
    });
    expect(fitting.length).toBeGreaterThan(900);
    const lifted = fitting.map(([x, y]) => [low(x + lift, bits), y] as const);
    const outputs = evaluate(wrapCircuit(bits, shift, range), lifted);
    const got = lifted.map(([x, y], at) => {
      const [c, w] = [outputs[at]! & 1n, outputs[at]! >> 1n];
      return BigInt.asIntN(bits, (x >> s) + (y >> s) + c - (w << BigInt(bits - shift)) - (lift >> s));
    });
    expect(got).toEqual(fitting.map(([x, y]) => BigInt.asIntN(bits, x + y) >> s));
  });
});
