import { describe, expect, it } from 'vitest';
import { type Circuit, rectifyCircuit } from '../../../protocol/mpc/circuits/index.ts';
import type { Reveal, Scheme } from '../../../protocol/mpc/garbling/index.ts';
import { packRows, type Slices, unpackRows } from '../../../protocol/mpc/slices.ts';
import { expectedBits, prgOf, randomCircuit, randomInputs, runGarbling } from './support/parties.ts';

const SCHEMES: readonly Scheme[] = ['half-gates', 'three-halves'];

/** One gate of two bits, of which each party knows one or one party both. */
function gate(kind: number, parties: readonly (0 | 1)[]): Circuit {
  return {
    name: 'one gate',
    inputs: parties.map((party) => ({ name: `of ${party}`, width: 1, party })),
    wires: 3,
    kinds: Uint8Array.of(kind),
    left: Uint32Array.of(0),
    right: Uint32Array.of(kind === 2 ? 0 : 1),
    outputs: Uint32Array.of(2),
    ands: kind === 1 ? 1 : 0,
    depth: kind === 1 ? 1 : 0,
  };
}

function packed(result: Slices | undefined): Uint8Array | undefined {
  return result === undefined ? undefined : packRows(result);
}

describe.each(SCHEMES)('a circuit garbled by %s', (scheme) => {
  it.each([
    ['XOR', 0, 0b0110],
    ['AND', 1, 0b1000],
    ['NOT', 2, 0b0101],
  ])('computes %s for every input, whoever knows the operands and whatever the colours', (_, kind, table) => {
    const inputs = unpackRows(Uint8Array.of(0b1010, 0b1100), 2, 4);
    for (const parties of [
      [0, 1],
      [1, 0],
      [0, 0],
      [1, 1],
    ] as const) {
      for (let seed = 0; seed < 16; seed++) {
        const { results } = runGarbling({ circuit: gate(kind, parties), inputs, scheme, seed });
        expect(results.map(packed)).toEqual([Uint8Array.of(table), Uint8Array.of(table)]);
      }
    }
  });

  it.each([1, 3, 8, 64, 100, 1030])('computes random circuits on %i lanes', (lanes) => {
    for (let seed = 0; seed < 4; seed++) {
      const prg = prgOf(seed);
      const circuit = randomCircuit(prg, [5, 7, 3], 20 + 60 * seed);
      const inputs = randomInputs(prg, circuit, lanes);
      const { results } = runGarbling({ circuit, inputs, scheme, seed: seed + 100 });
      expect(results.map(packed)).toEqual([expectedBits(circuit, inputs), expectedBits(circuit, inputs)]);
    }
  });

  it('computes a circuit whose tables take several messages', () => {
    const circuit = rectifyCircuit(32, 12);
    const inputs = randomInputs(prgOf(9), circuit, 1500);
    const { results, received } = runGarbling({ circuit, inputs, scheme, reveal: 'evaluator' });
    expect(packed(results[1])).toEqual(expectedBits(circuit, inputs));
    expect(received[1].length).toBeGreaterThan(4);
    expect(Math.max(...received[1].map(({ length }) => length))).toBeLessThanOrEqual(1_048_576);
  });

  it.each<readonly [Reveal, boolean, boolean, number]>([
    ['garbler', true, false, 4],
    ['evaluator', false, true, 3],
    ['both', true, true, 4],
  ])('tells the outputs to %s alone if asked to', (reveal, garbler, evaluator, trips) => {
    const prg = prgOf(3);
    const circuit = randomCircuit(prg, [4, 4, 4], 50);
    const inputs = randomInputs(prg, circuit, 10);
    const { results, trips: made } = runGarbling({ circuit, inputs, scheme, reveal });
    const expected = expectedBits(circuit, inputs);
    expect(results.map(packed)).toEqual([garbler ? expected : undefined, evaluator ? expected : undefined]);
    expect(made).toBeLessThanOrEqual(trips);
  });

  it('needs no input of the evaluator, and no AND', () => {
    const circuit: Circuit = { ...gate(0, [0, 0]), name: 'XOR of the garbler’s own' };
    const inputs = unpackRows(Uint8Array.of(0b1010, 0b1100), 2, 4);
    expect(packed(runGarbling({ circuit, inputs, scheme }).results[1])).toEqual(Uint8Array.of(0b0110));
  });
});
