import { describe, expect, it } from 'vitest';
import {
  type Circuit,
  CircuitBuilder,
  GATE,
  inputWires,
  rectifyCircuit,
  scheduleOf,
  sharedArgmax,
  sharedRelu,
} from '../../../protocol/mpc/circuits/index.ts';
import { randomCircuit } from './support/random-circuit.ts';
import { casesFor, evaluate } from './support/words.ts';

/** Runs a schedule on one lane; what a slot held before it was written is garbage. */
function runSchedule(circuit: Circuit, inputs: readonly number[]): number[] {
  const { slots, steps, outputs } = scheduleOf(circuit);
  const values = Array.from({ length: slots }, (_, slot) => inputs[slot] ?? Number.NaN);
  for (const { free, ands } of steps) {
    for (const [at, target] of free.target.entries()) {
      const [a, b] = [values[free.left[at]!]!, values[free.right[at]!]!];
      values[target] = free.kinds[at] === GATE.xor ? a ^ b : 1 - a;
    }
    // Backwards, since ANDs of a level may be run in any order.
    for (let at = ands.target.length - 1; at >= 0; at--) {
      values[ands.target[at]!] = values[ands.left[at]!]! & values[ands.right[at]!]!;
    }
  }
  return Array.from(outputs, (slot) => values[slot]!);
}

const circuits = [
  ...Array.from({ length: 12 }, (_, seed) => randomCircuit(BigInt(seed), 40 * seed + 5)),
  rectifyCircuit(7, 3),
  sharedRelu(4),
  sharedArgmax(3, 2),
];

describe('the schedule of a circuit', () => {
  it.each(circuits)('gives what plain evaluation gives: $name', (circuit) => {
    const cases = casesFor(circuit).filter((_, at) => at % 61 === 0);
    const expected = evaluate(circuit, cases);
    for (const [at, values] of cases.entries()) {
      const bits = values.flatMap((value, input) => {
        return Array.from({ length: circuit.inputs[input]!.width }, (_, bit) => Number((value >> BigInt(bit)) & 1n));
      });
      const outputs = runSchedule(circuit, bits);
      expect(outputs.reduceRight((sum, bit) => 2n * sum + BigInt(bit), 0n)).toBe(expected[at]);
    }
  });

  it.each(circuits)('has a step for each level of ANDs and one more, and numbers all ANDs: $name', (circuit) => {
    const { steps, slots, inputs } = scheduleOf(circuit);
    expect(steps.length).toBe(circuit.depth + 1);
    expect(inputs).toBe(inputWires(circuit));
    let first = 0;
    for (const { ands } of steps) {
      expect(ands.first).toBe(first);
      first += ands.target.length;
      const read = new Set([...ands.left, ...ands.right]);
      expect([...ands.target].filter((slot) => read.has(slot))).toEqual([]);
      expect(new Set(ands.target).size).toBe(ands.target.length);
    }
    expect(first).toBe(circuit.ands);
    expect(steps.at(-1)!.ands.target.length).toBe(0);
    expect(slots).toBeLessThanOrEqual(circuit.wires);
  });

  it('has an AND in every level but the last', () => {
    for (const { ands } of scheduleOf(sharedRelu(16)).steps.slice(0, -1)) expect(ands.target.length).toBeGreaterThan(0);
  });

  it('uses slots again: a long chain takes no more than its inputs and one', () => {
    const builder = new CircuitBuilder();
    const [a, b] = builder.input('ab', 2, 0);
    let [last, before] = [a!, b!];
    for (let gate = 0; gate < 300; gate++) [last, before] = [builder.and(builder.not(last), before), last];
    const circuit = builder.build('chain', [last]);
    expect(circuit.wires).toBe(602);
    expect(scheduleOf(circuit).slots).toBeLessThanOrEqual(4);
  });

  it('is computed once for a circuit', () => {
    const circuit = randomCircuit(99n, 20);
    expect(scheduleOf(circuit)).toBe(scheduleOf(circuit));
  });
});
