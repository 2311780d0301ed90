import { describe, expect, it } from 'vitest';
import {
  CircuitBuilder,
  evaluateCircuit,
  GATE,
  inputWires,
  type Wire,
  wiresOf,
} from '../../../protocol/mpc/circuits/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { casesFor, evaluate, numbersOf, slicesOf, testRandom } from './support/words.ts';

/** Two input wires and a builder. */
function pair() {
  const builder = new CircuitBuilder();
  const [a, b] = builder.input('ab', 2, 0) as [Wire, Wire];
  return { builder, a, b };
}

describe('a circuit builder', () => {
  it('makes the truth tables of every gate', () => {
    const builder = new CircuitBuilder();
    const [a, b, c] = builder.input('abc', 3, 0) as [Wire, Wire, Wire];
    const outputs = [builder.xor(a, b), builder.and(a, b), builder.or(a, b), builder.not(a), builder.mux(c, a, b)];
    const table = evaluate(builder.build('gates', outputs), casesFor(builder.build('gates', outputs)));
    for (const [at, output] of table.entries()) {
      const [x, y, z] = [at & 1, (at >> 1) & 1, (at >> 2) & 1] as [number, number, number];
      const expected = [x ^ y, x & y, x | y, 1 - x, z === 1 ? x : y];
      expect(expected.map((_, bit) => Number((output >> BigInt(bit)) & 1n))).toEqual(expected);
    }
  });

  it('folds constants and equal operands, so that no gate is made', () => {
    const { builder, a, b } = pair();
    const { zero, one } = builder;
    const free: [Wire, Wire][] = [
      [builder.and(a, zero), zero],
      [builder.and(a, one), a],
      [builder.and(a, a), a],
      [builder.and(a, builder.not(a)), zero],
      [builder.xor(a, zero), a],
      [builder.xor(a, one), builder.not(a)],
      [builder.xor(a, a), zero],
      [builder.xor(a, builder.not(a)), one],
      [builder.xor(builder.xor(a, b), a), b],
      [builder.xor(builder.not(builder.xor(b, a)), b), builder.not(a)],
      [builder.mux(one, a, b), a],
      [builder.mux(b, a, a), a],
    ];
    for (const [got, expected] of free) expect(got).toBe(expected);
  });

  it('makes one gate of two that compute the same', () => {
    const { builder, a, b } = pair();
    expect(builder.and(a, b)).toBe(builder.and(b, a));
    expect(builder.xor(builder.not(a), b)).toBe(builder.not(builder.xor(b, a)));
  });

  it('drops gates that no output needs and keeps every input', () => {
    const { builder, a, b } = pair();
    builder.and(a, builder.or(a, b));
    const circuit = builder.build('just b', [b]);
    expect(circuit).toMatchObject({ wires: 2, ands: 0, depth: 0 });
    expect([...circuit.outputs]).toEqual([1]);
  });

  it('makes constant outputs, and outputs that are inputs or come twice', () => {
    const { builder, a, b } = pair();
    const both = builder.and(a, b);
    const circuit = builder.build('odd outputs', [builder.one, b, both, builder.zero, both, builder.not(b)]);
    expect(circuit.ands).toBe(1);
    expect(evaluate(circuit, casesFor(circuit))).toEqual([0b100001n, 0b100001n, 0b000011n, 0b010111n]);
  });

  it('puts the wires of its inputs first, in order, each with the party that knows it', () => {
    const builder = new CircuitBuilder();
    builder.input('x', 2, 1);
    builder.input('y', 3, 0);
    const [z] = builder.input('z', 1, 1);
    const circuit = builder.build('parties', [z!]);
    expect(inputWires(circuit)).toBe(6);
    expect([...wiresOf(circuit, 0)]).toEqual([2, 3, 4]);
    expect([...wiresOf(circuit, 1)]).toEqual([0, 1, 5]);
    expect([...circuit.outputs]).toEqual([5]);
  });

  it('refuses a circuit without inputs, and inputs without wires', () => {
    expect(codeOf(() => new CircuitBuilder().build('nothing', []))).toBe('internal');
    expect(codeOf(() => new CircuitBuilder().input('x', 0, 0))).toBe('internal');
  });
});

describe('evaluation in the clear', () => {
  it('agrees with evaluation lane by lane of random circuits, for any number of lanes', () => {
    const random = testRandom(1n);
    for (const lanes of [1, 31, 128, 129, 700]) {
      const builder = new CircuitBuilder();
      const wires = [...builder.input('x', 5, 0), ...builder.input('y', 4, 1)];
      const recipe: [number, number, number][] = [];
      for (let gate = 0; gate < 200; gate++) {
        const [kind, a, b] = [
          Number(random(2)) % 3,
          Number(random(30)) % wires.length,
          Number(random(30)) % wires.length,
        ];
        recipe.push([kind, a, b]);
        const [left, right] = [wires[a]!, wires[b]!];
        wires.push(
          kind === GATE.xor
            ? builder.xor(left, right)
            : kind === GATE.and
              ? builder.and(left, right)
              : builder.not(left),
        );
      }
      const numbers = Array.from({ length: lanes }, () => random(9));
      const expected = numbers.map((number) => {
        const bits = Array.from({ length: 9 }, (_, bit) => Number((number >> BigInt(bit)) & 1n));
        for (const [kind, a, b] of recipe) {
          bits.push(kind === GATE.xor ? bits[a]! ^ bits[b]! : kind === GATE.and ? bits[a]! & bits[b]! : 1 - bits[a]!);
        }
        return bits.reduceRight((sum, bit) => 2n * sum + BigInt(bit), 0n);
      });
      const circuit = builder.build('random', wires);
      expect(numbersOf(evaluateCircuit(circuit, slicesOf(numbers, 9)))).toEqual(expected);
    }
  });

  it('refuses rows that are not the circuit’s inputs', () => {
    const { builder, a } = pair();
    const circuit = builder.build('a', [a]);
    expect(codeOf(() => evaluateCircuit(circuit, slicesOf([1n], 3)))).toBe('wire-bounds');
  });
});
