import { describe, expect, it } from 'vitest';
import { type Circuit, sharedArgmax, sharedMax, sharedRelu, wiresOf } from '../../../protocol/mpc/circuits/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { casesFor, evaluate, testRandom } from './support/words.ts';

/** Holds a circuit on shared values against a function of the values; `masked` if it has an r, which is subtracted. */
function expectShared(
  circuit: Circuit,
  bits: number,
  masked: boolean,
  expected: (values: readonly bigint[]) => bigint,
): void {
  const cases = casesFor(circuit);
  const outputs = evaluate(circuit, cases);
  for (const [at, given] of cases.entries()) {
    const [z0, r, z1] = masked ? (given as [bigint, bigint, bigint]) : [given[0]!, 0n, given[1]!];
    const count = circuit.inputs[0]!.width / bits;
    const values = Array.from({ length: count }, (_, i) => {
      return BigInt.asIntN(bits, (z0 >> BigInt(bits * i)) + (z1 >> BigInt(bits * i)));
    });
    const right = BigInt.asUintN(circuit.outputs.length, expected(values) - r);
    if (outputs[at] !== right) expect({ given, output: outputs[at] }).toEqual({ given, output: right });
  }
}

const largest = (values: readonly bigint[]): bigint => values.reduce((most, value) => (value > most ? value : most));
const positive = (value: bigint): bigint => (value > 0n ? value : 0n);

describe('circuits on shared values', () => {
  it.each([
    [2, 0],
    [4, 0],
    [4, 1],
    [4, 2],
    [32, 0],
    [32, 12],
    [64, 0],
    [64, 20],
  ])('rectify %i bits and shift by %i', (bits, shift) => {
    expectShared(sharedRelu(bits, shift), bits, true, ([z]) => positive(z!) >> BigInt(shift));
  });

  it.each([
    [1, 4, 0],
    [2, 2, 0],
    [2, 3, 1],
    [3, 8, 2],
    [4, 32, 12],
    [9, 64, 20],
  ])('give the largest of %i of %i bits, shifted by %i', (count, bits, shift) => {
    expectShared(sharedMax(count, bits, { shift }), bits, true, (z) => largest(z) >> BigInt(shift));
    expectShared(
      sharedMax(count, bits, { shift, rectified: true }),
      bits,
      true,
      (z) => positive(largest(z)) >> BigInt(shift),
    );
  });

  it.each([
    [2, 2],
    [2, 3],
    [3, 2],
    [10, 8],
    [10, 32],
    [100, 64],
  ])('give the place of the largest of %i of %i bits', (count, bits) => {
    const circuit = sharedArgmax(count, bits);
    expect(circuit.outputs.length).toBe(Math.ceil(Math.log2(count)));
    expectShared(circuit, bits, false, (z) => BigInt(z.indexOf(largest(z))));
  });

  it('give the first place among equals', () => {
    const circuit = sharedArgmax(5, 16);
    const random = testRandom(5n);
    const word = (values: readonly bigint[]): bigint =>
      values.reduceRight((sum, x) => (sum << 16n) | BigInt.asUintN(16, x), 0n);
    for (const [values, first] of [
      [[3n, 7n, 7n, -9n, 7n], 1n],
      [[-1n, -1n, -1n, -1n, -1n], 0n],
      [[0n, 0n, 0n, 5n, 5n], 3n],
    ] as const) {
      const share = values.map(() => random(16));
      expect(evaluate(circuit, [[word(share), word(values.map((x, i) => x - share[i]!))]])).toEqual([first]);
    }
  });

  it('take z0 and r from the garbler and z1 from the evaluator', () => {
    for (const circuit of [sharedRelu(32), sharedMax(3, 32)]) {
      expect(circuit.inputs.map(({ name, party }) => [name, party])).toEqual([
        ['z0', 0],
        ['r', 0],
        ['z1', 1],
      ]);
    }
    expect(sharedArgmax(3, 32).inputs).toEqual([
      { name: 'z0', width: 96, party: 0 },
      { name: 'z1', width: 96, party: 1 },
    ]);
    expect(wiresOf(sharedRelu(32), 1).length).toBe(32);
  });

  it('have few ANDs', () => {
    expect(sharedRelu(32)).toMatchObject({ ands: 93, depth: 63 });
    expect(sharedRelu(64).ands).toBe(189);
    expect(sharedRelu(64, 20).ands).toBe(169);
    for (const [count, bits, shift] of [
      [1, 32, 0],
      [2, 32, 0],
      [4, 32, 12],
      [9, 64, 20],
    ] as const) {
      const ands = (3 * count - 2) * bits - 2 * shift * (count - 1) - count + bits - 1;
      expect(sharedMax(count, bits, { shift }).ands).toBe(ands);
      expect(sharedMax(count, bits, { shift, rectified: true }).ands).toBe(ands + bits - shift - 1);
    }
    expect(sharedArgmax(16, 32).ands).toBe(16 * 31 + 29 * 32 + 11);
    expect(sharedArgmax(10, 32).ands).toBe(861);
    expect(sharedArgmax(10, 64).ands).toBe(1725);
  });

  it('refuse sizes that make no sense', () => {
    expect(codeOf(() => sharedRelu(1))).toBe('internal');
    expect(codeOf(() => sharedRelu(32, 31))).toBe('internal');
    expect(codeOf(() => sharedMax(0, 32))).toBe('internal');
    expect(codeOf(() => sharedArgmax(1, 32))).toBe('internal');
  });
});
