import { type Circuit, sharedArgmax, sharedPiecewise, sharedRelu } from '../../protocol/mpc/circuits/index.ts';
import { piecesOf } from '../plan/pieces.ts';
import type { PiecewiseStep, Plan, RectifyStep, RevealStep } from '../plan/types.ts';

/*
 * The garbled circuits of plans. Each is made once: a program is kept for every circuit that has been run, and it is
 * found by the circuit itself.
 */

const circuits = new Map<string, Circuit>();

function once(key: string, make: () => Circuit): Circuit {
  let circuit = circuits.get(key);
  if (circuit === undefined) {
    circuit = make();
    circuits.set(key, circuit);
  }
  return circuit;
}

/**
 * The index of the largest of shared values.
 * @param masked whether it stays shared: by bits that the garbler draws
 */
export function argmaxCircuit({ count }: RevealStep, bits: 32 | 64, masked: boolean): Circuit {
  return once(`argmax ${count} ${bits} ${masked}`, () => sharedArgmax(count, bits, masked));
}

/** A ReLU and a shift of one shared value, whose result stays shared. */
export function reluCircuit({ shift }: RectifyStep, bits: 32 | 64): Circuit {
  return once(`relu ${bits} ${shift}`, () => sharedRelu(bits, shift));
}

/** A function by straight lines of one shared value, whose result stays shared. */
export function piecewiseCircuit(step: PiecewiseStep, { bits, fraction }: Plan): Circuit {
  const { function: name, pieces, drop } = step;
  return once(`${name} ${pieces} ${bits} ${fraction} ${drop}`, () => {
    return sharedPiecewise(name, piecesOf(step, fraction), bits, drop);
  });
}
