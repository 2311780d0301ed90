import { expect } from 'vitest';
import { type Circuit, CircuitBuilder, type Word } from '../../../../protocol/mpc/circuits/index.ts';
import { casesFor, evaluate } from './words.ts';

/** Makes the outputs of a circuit from words. */
export type Make = (builder: CircuitBuilder, words: readonly Word[]) => Word;

/** A circuit of one function on words of the widths given. */
export function circuitOf(widths: readonly number[], make: Make): Circuit {
  const builder = new CircuitBuilder();
  const words = widths.map((width, at) => builder.input(`x${at}`, width, at % 2 === 0 ? 0 : 1));
  return builder.build('tested', make(builder, words));
}

/** Holds a circuit against a function of its inputs, for all inputs or for many, or for those given. */
export function expectEqual(
  circuit: Circuit,
  expected: (...values: bigint[]) => bigint,
  cases = casesFor(circuit),
): void {
  const outputs = evaluate(circuit, cases);
  for (const [at, values] of cases.entries()) {
    const right = BigInt.asUintN(circuit.outputs.length, expected(...values));
    if (outputs[at] !== right) expect({ values, output: outputs[at] }).toEqual({ values, output: right });
  }
}
