import { describe, expect, it } from 'vitest';
import { rectifyCircuit, wrapCircuit } from '../../../protocol/mpc/circuits/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { casesFor, evaluate } from './support/words.ts';

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
    for (const [at, outputs] of evaluate(circuit, cases).entries()) {
      const [x, y] = cases[at] as [bigint, bigint];
      const positive = low(x + y, bits) >> BigInt(bits - 1) === 0n;
      expect(outputs & 1n).toBe(positive ? 1n : 0n);
      if (shift === 0) continue;
      expect((outputs >> 1n) & 1n).toBe(carryOut(x, y, shift));
      if (positive) expect(outputs >> 2n).toBe(carryOut(x, y, bits));
    }
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
    const [exact, halves] = [evaluate(circuit, cases), evaluate(half, cases)];
    for (const [at, [x, y]] of (cases as [bigint, bigint][]).entries()) {
      const expected = carryOut(x, y, shift) + 2n * carryOut(x, y, bits);
      expect(exact[at]).toBe(expected);
      if (low(x + y, bits) >> BigInt(bits - 1) === 0n) expect(halves[at]).toBe(expected);
    }
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
