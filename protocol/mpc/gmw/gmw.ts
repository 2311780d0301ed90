import { type Circuit, inputWires, wiresOf } from '../circuits/index.ts';
import type { AndTriples } from '../dealer/types.ts';
import { withLease } from '../lease.ts';
import { type Slices, zeroSlices } from '../slices.ts';
import type { Party } from '../turn.ts';
import { Evaluation, expectRows } from './evaluation.ts';

/**
 * A party of GMW (Goldreich, Micali and Wigderson 1987), with AND triples that were dealt beforehand (Beaver 1991): each
 * wire is shared by XOR, free gates are local, and all ANDs of a level take one exchange, of two bits an AND and lane
 * each way. The exchanged bits are uniform whatever the inputs are, so what a party sees tells it nothing but its outputs.
 * That holds for semi-honest parties: one that flips bits it sends flips wires of its choice, and nothing notices.
 * @param party which of the two this is
 * @param shares a row for each input wire: this party's XOR share; see {@link privateInputs}
 * @param triples a row for each AND of the circuit, in lanes as many as the shares have; wiped when the party ends
 * @returns a row for each output: this party's share of it
 * @throws CairnError `wire-bounds` if shares or triples do not fit the circuit, `wire-not-canonical` if the other party
 * sends bits after the last lane, `internal` if the triples were used before
 */
export function* gmw(circuit: Circuit, party: 0 | 1, shares: Slices, triples: AndTriples): Party<Slices> {
  expectRows(shares, inputWires(circuit), shares.lanes);
  return yield* withLease(function* (memory) {
    const evaluation = new Evaluation(memory, circuit, party, shares.lanes);
    memory.words(evaluation.input(0), shares.words.length).set(shares.words);
    yield* evaluation.run(triples);
    const outputs = zeroSlices(circuit.outputs.length, shares.lanes);
    for (let row = 0; row < outputs.rows; row++) {
      outputs.words.set(memory.words(evaluation.output(row), outputs.stride), row * outputs.stride);
    }
    return outputs;
  });
}

/**
 * A party's shares of all input wires if each input is known to one party: its own bits, and zeros for the other's.
 * @param own a row for each input wire of this party, in their order
 * @throws CairnError `wire-bounds` for another number of rows
 */
export function privateInputs(circuit: Circuit, party: 0 | 1, own: Slices): Slices {
  const wires = wiresOf(circuit, party);
  expectRows(own, wires.length, own.lanes);
  const shares = zeroSlices(inputWires(circuit), own.lanes);
  const { stride } = own;
  for (const [row, wire] of wires.entries()) {
    shares.words.set(own.words.subarray(row * stride, (row + 1) * stride), wire * stride);
  }
  return shares;
}
