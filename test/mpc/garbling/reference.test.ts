import { describe, expect, it } from 'vitest';
import { nodePermutation } from '../../../protocol/crypto/node/index.ts';
import { wiresOf } from '../../../protocol/mpc/circuits/index.ts';
import {
  evaluatorFinish,
  evaluatorPrepare,
  garble,
  garblerFinish,
  type Scheme,
} from '../../../protocol/mpc/garbling/index.ts';
import { type Party, runPair } from '../../../protocol/mpc/turn.ts';
import { packRows } from '../../../protocol/mpc/slices.ts';
import { dealtTransfers, expectedBits, prgOf, randomCircuit, randomInputs, rowsOf } from './support/parties.ts';
import * as threeHalves from './support/three-halves.ts';
import { andOrder, evaluateAnd, garbleAnd, hash, toBytes, toNumber, walk } from './support/reference.ts';

const LANES = 5;
const labelOf = (labels: Uint8Array, at: number): bigint => toNumber(labels.subarray(16 * at, 16 * at + 16));

/** Runs both parties, and keeps what is needed to do each one's part again. */
function recorded(seed: number, scheme: Scheme = 'half-gates') {
  const circuit = randomCircuit(prgOf(seed), [3, 4, 2], 60);
  const inputs = randomInputs(prgOf(seed + 1), circuit, LANES);
  const bits = { garbler: rowsOf(circuit, inputs, 0), evaluator: rowsOf(circuit, inputs, 1) };
  const [sender, receiver] = dealtTransfers(prgOf(seed + 2), 4 * LANES);
  const [zeros, labels] = [sender.zeros.slice(), receiver.labels.slice()];
  // The labels for 0 of the garbler's inputs are the first that it draws.
  const own = prgOf(seed + 3).bytes(16 * 5 * LANES);
  function* garbler(): Party<unknown> {
    const state = yield* garble(circuit, LANES, { transfers: sender, prg: prgOf(seed + 3), scheme });
    return yield* garblerFinish(state, bits.garbler, 'both');
  }
  function* evaluator(): Party<Uint8Array> {
    const state = yield* evaluatorPrepare(circuit, LANES, { transfers: receiver, own: bits.evaluator, scheme });
    return packRows((yield* evaluatorFinish(state, 'both'))!);
  }
  const { received, results } = runPair(garbler(), evaluator(), nodePermutation);
  const [flips, tags] = received[0];
  const [tables, garblers, rows] = received[1];
  expect(results[1]).toEqual(expectedBits(circuit, inputs));
  return { circuit, zeros, labels, own, delta: toNumber(sender.delta), flips, tags, tables, garblers, rows };
}

type GarbleAnd = (
  key: Uint8Array,
  index: bigint,
  a: bigint,
  b: bigint,
  delta: bigint,
) => { readonly zero: bigint; readonly table: Uint8Array };

function expectSameTables(seed: number, scheme: Scheme, size: number, garbleOne: GarbleAnd): void {
  const { circuit, zeros, own, delta, flips, tables } = recorded(10 * seed, scheme);
  const order = andOrder(circuit);
  const key = tables!.slice(0, 16);
  for (let lane = 0; lane < LANES; lane++) {
    const inputs: bigint[] = [];
    for (const [at, wire] of wiresOf(circuit, 0).entries()) inputs[wire] = labelOf(own, at * LANES + lane);
    for (const [at, wire] of wiresOf(circuit, 1).entries()) {
      const flip = (flips![at]! >> lane) & 1;
      inputs[wire] = labelOf(zeros, at * LANES + lane) ^ (flip === 1 ? delta : 0n);
    }
    walk(circuit, inputs, delta, (gate, a, b) => {
      const index = order.indexOf(gate) * LANES + lane;
      const { zero, table } = garbleOne(key, BigInt(index), a, b, delta);
      expect(tables!.slice(16 + size * index, 16 + size * (index + 1))).toEqual(table);
      return zero;
    });
  }
  expect(tables!.length).toBe(16 + size * order.length * LANES);
}

describe('a second implementation of half-gates', () => {
  it.each([1, 2, 3, 4, 5, 6])('makes the same tables and labels, byte for byte (case %i)', (seed) => {
    expectSameTables(seed, 'half-gates', 32, (key, index, a, b, delta) => {
      const { zero, table } = garbleAnd(key, index, a, b, delta);
      return { zero, table: Uint8Array.from([...toBytes(table[0]), ...toBytes(table[1])]) };
    });
  });

  it.each([1, 2, 3])('evaluates the tables to the labels that the evaluator returned tags of (case %i)', (seed) => {
    const { circuit, labels, tags, tables, garblers, rows } = recorded(10 * seed);
    const order = andOrder(circuit);
    const key = tables!.slice(0, 16);
    for (let lane = 0; lane < LANES; lane++) {
      const inputs: bigint[] = [];
      for (const [at, wire] of wiresOf(circuit, 0).entries()) inputs[wire] = labelOf(garblers!, at * LANES + lane);
      for (const [at, wire] of wiresOf(circuit, 1).entries()) inputs[wire] = labelOf(labels, at * LANES + lane);
      const all = walk(circuit, inputs, 0n, (gate, a, b) => {
        const index = order.indexOf(gate) * LANES + lane;
        return evaluateAnd(key, BigInt(index), a, b, [
          labelOf(tables!, 1 + 2 * index),
          labelOf(tables!, 2 + 2 * index),
        ]);
      });
      for (const [at, wire] of circuit.outputs.entries()) {
        // The lowest bit of a tag is the label's colour.
        expect(tags![2 * (at * LANES + lane)]! & 1).toBe(Number(all[wire]! & 1n));
      }
    }
    expect(rows!.length).toBe(4 * circuit.outputs.length * LANES);
  });

  it('has another hash for another tweak, and another permutation for another key', () => {
    const key = new Uint8Array(16).fill(3);
    expect(hash(key, 5n, 0n)).not.toBe(hash(key, 5n, 1n));
    expect(hash(key, 5n, 0n)).not.toBe(hash(new Uint8Array(16).fill(4), 5n, 0n));
  });
});

describe('a second implementation of three-halves', () => {
  it.each([1, 2, 3, 4])('makes the same tables, and its equations hold in all four cases (case %i)', (seed) => {
    expectSameTables(seed, 'three-halves', 25, threeHalves.garbleAnd);
  });

  it('rolls dice that say nothing of the colours: each case has each of the four with the same frequency', () => {
    for (const [i, j] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      for (const [a, b] of [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ] as const) {
        expect([0, 1, 2, 3].map((r) => threeHalves.diceOf(r, i, j, a, b)).sort()).toEqual([0, 1, 2, 3]);
      }
    }
  });
});
