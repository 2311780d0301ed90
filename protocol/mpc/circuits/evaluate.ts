import { CairnError } from '../../errors.ts';
import { type Slices, zeroSlices } from '../slices.ts';
import { type Circuit, GATE, inputWires } from './circuit.ts';

/** Words of a row that are evaluated at once: few enough for all wires of a usual circuit to stay in the cache. */
const BLOCK = 16;

/**
 * Evaluates a circuit in the clear on all lanes: what garbling and GMW must agree with, and how plans are checked.
 * @param inputs a row for each input wire, of both parties
 * @returns a row for each output
 * @throws CairnError `wire-bounds` if the rows are not the circuit's input wires
 */
export function evaluateCircuit(circuit: Circuit, inputs: Slices): Slices {
  const { kinds, left, right, outputs, name } = circuit;
  const first = inputWires(circuit);
  if (inputs.rows !== first) {
    throw new CairnError('wire-bounds', `circuit ${name} has ${first} input wires, not ${inputs.rows}`);
  }
  const result = zeroSlices(outputs.length, inputs.lanes);
  const { stride } = inputs;
  const block = Math.min(BLOCK, stride);
  const values = new Uint32Array(circuit.wires * block);
  for (let start = 0; start < stride; start += block) {
    const width = Math.min(block, stride - start);
    for (let wire = 0; wire < first; wire++) {
      values.set(inputs.words.subarray(wire * stride + start, wire * stride + start + width), wire * block);
    }
    for (let gate = 0; gate < kinds.length; gate++) {
      const target = (first + gate) * block;
      const a = left[gate]! * block;
      const b = right[gate]! * block;
      if (kinds[gate] === GATE.xor)
        for (let i = 0; i < width; i++) values[target + i] = values[a + i]! ^ values[b + i]!;
      else if (kinds[gate] === GATE.and)
        for (let i = 0; i < width; i++) values[target + i] = values[a + i]! & values[b + i]!;
      else for (let i = 0; i < width; i++) values[target + i] = ~values[a + i]!;
    }
    for (const [row, wire] of outputs.entries()) {
      result.words.set(values.subarray(wire * block, wire * block + width), row * stride + start);
    }
  }
  values.fill(0);
  return result;
}
