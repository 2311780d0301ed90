import { describe, expect, it } from 'vitest';
import { nodePermutation } from '../../../protocol/crypto/node/index.ts';
import { type Circuit, CircuitBuilder, wiresOf } from '../../../protocol/mpc/circuits/index.ts';
import { evaluatorFinish, evaluatorPrepare, garble, garblerFinish } from '../../../protocol/mpc/garbling/index.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import { unpackRows } from '../../../protocol/mpc/slices.ts';
import { runPair } from '../../../protocol/mpc/turn.ts';
import { codeOf } from '../../support/thrown.ts';
import { dealtTransfers, prgOf, randomCircuit, randomInputs, rowsOf, runGarbling } from './support/parties.ts';
import { andOrder, evaluateAnd, toNumber, walk } from './support/reference.ts';

const labelOf = (labels: Uint8Array, at: number): bigint => toNumber(labels.subarray(16 * at, 16 * at + 16));

/** (a AND b) AND c of one bit each, of which the evaluator knows b. */
function twoAnds(): Circuit {
  const builder = new CircuitBuilder();
  const [a] = builder.input('a', 1, 0);
  const [b] = builder.input('b', 1, 1);
  const [c] = builder.input('c', 1, 0);
  return builder.build('two ands', [builder.and(builder.and(a!, b!), c!)]);
}

/** Labels of all wires that the evaluator can compute from what it received, for one lane. */
function labelsSeen(circuit: Circuit, messages: readonly Uint8Array[], own: Uint8Array): bigint[] {
  const [tables, garblers] = messages;
  const inputs: bigint[] = [];
  for (const [at, wire] of wiresOf(circuit, 0).entries()) inputs[wire] = labelOf(garblers!, at);
  for (const [at, wire] of wiresOf(circuit, 1).entries()) inputs[wire] = labelOf(own, at);
  const order = andOrder(circuit);
  return walk(circuit, inputs, 0n, (gate, a, b) => {
    const at = order.indexOf(gate);
    return evaluateAnd(tables!.slice(0, 16), BigInt(at), a, b, [
      labelOf(tables!, 1 + 2 * at),
      labelOf(tables!, 2 + 2 * at),
    ]);
  });
}

/** One run on one lane, and what the evaluator saw of it. */
function evaluatorView(circuit: Circuit, garblers: number, evaluators: number, seed: Uint8Array) {
  const prg = new Prg(seed);
  const own = [
    unpackRows(Uint8Array.of(garblers & 1, garblers >> 1), 2, 1),
    unpackRows(Uint8Array.of(evaluators), 1, 1),
  ];
  const [sender, receiver] = dealtTransfers(prg, 1);
  const mine = receiver.labels.slice();
  const delta = toNumber(sender.delta);
  const { received } = runPair(
    (function* () {
      const state = yield* garble(circuit, 1, { transfers: sender, prg });
      return yield* garblerFinish(state, own[0]!, 'evaluator');
    })(),
    (function* () {
      const state = yield* evaluatorPrepare(circuit, 1, { transfers: receiver, own: own[1]! });
      return yield* evaluatorFinish(state, 'evaluator');
    })(),
    nodePermutation,
  );
  return { labels: labelsSeen(circuit, received[1], mine), delta, rows: received[1][2]!, flips: received[0][0]! };
}

describe('what the evaluator sees', () => {
  it('is one label of each wire: nothing that it holds differs by delta', () => {
    for (let seed = 0; seed < 20; seed++) {
      const circuit = randomCircuit(prgOf(seed), [3, 3, 3], 40);
      const inputs = randomInputs(prgOf(seed + 50), circuit, 1);
      const prg = prgOf(seed);
      const [sender] = dealtTransfers(prg, 3);
      const delta = toNumber(sender.delta);
      // What the evaluator holds after a run with the same seed: received strings of 16 bytes, and all labels it computes.
      const { received } = runGarbling({ circuit, inputs, seed, reveal: 'evaluator' });
      const [, receiver] = dealtTransfers(prgOf(seed), 3);
      const labels = labelsSeen(circuit, received[1], receiver.labels);
      const known = new Set([...labels, ...received[1].flatMap((message) => strings(message))]);
      expect([...known].filter((label) => known.has(label ^ delta))).toEqual([]);
      expect(known.has(delta)).toBe(false);
      // The check would notice: the other label of any wire is one delta away.
      known.add(labels[0]! ^ delta);
      expect([...known].some((label) => known.has(label ^ delta))).toBe(true);
    }
  });

  it('has colours of the same distribution whatever the garbler’s inputs are', () => {
    const circuit = twoAnds();
    // Colours of all wires but the output, whose colour and decoding rows together are the output itself.
    const histogram = (garblers: number): Map<string, number> => {
      const counts = new Map<string, number>();
      for (let seed = 0; seed < 2048; seed++) {
        const bytes = new Uint8Array(32);
        new DataView(bytes.buffer).setUint32(0, seed);
        const { labels, flips } = evaluatorView(circuit, garblers, 0, bytes);
        const colours = `${flips[0]}${labels
          .slice(0, 4)
          .map((label) => label & 1n)
          .join('')}`;
        counts.set(colours, (counts.get(colours) ?? 0) + 1);
      }
      return counts;
    };
    for (const garblers of [0, 1, 2, 3]) {
      const counts = histogram(garblers);
      expect(counts.size).toBe(32);
      // 64 of each are expected: six standard deviations of a binomial are 48.
      for (const count of counts.values()) expect(Math.abs(count - 64)).toBeLessThan(48);
    }
  });
});

function strings(message: Uint8Array): bigint[] {
  return Array.from({ length: Math.floor(message.length / 16) }, (_, at) => labelOf(message, at));
}

describe('a garbled circuit', () => {
  it('is good for one evaluation: its states refuse a second, and hold nothing any more', () => {
    const circuit = twoAnds();
    const inputs = randomInputs(prgOf(1), circuit, 3);
    const prg = prgOf(2);
    const [sender, receiver] = dealtTransfers(prg, 3);
    const { results } = runPair(
      garble(circuit, 3, { transfers: sender, prg }),
      evaluatorPrepare(circuit, 3, { transfers: receiver, own: rowsOf(circuit, inputs, 1) }),
      nodePermutation,
    );
    const own = rowsOf(circuit, inputs, 0);
    const finish = (): unknown =>
      runPair(garblerFinish(results[0], own, 'both'), evaluatorFinish(results[1], 'both'), nodePermutation);
    finish();
    expect(codeOf(finish)).toBe('secret-wiped');
    expect(codeOf(() => garblerFinish(results[0], own, 'both').next())).toBe('secret-wiped');
    expect([sender.zeros, receiver.labels, receiver.choices].flatMap((bytes) => [...bytes])).toEqual(
      Array.from({ length: 48 + 48 + 1 }, () => 0),
    );
  });

  it('hides a bit of the evaluator from the garbler by a random choice', () => {
    const circuit = twoAnds();
    const seen = [0, 1].map((bit) => {
      const flips = new Set<number>();
      for (let seed = 0; seed < 32; seed++)
        flips.add(evaluatorView(circuit, 0, bit, new Uint8Array(32).fill(seed)).flips[0]!);
      return flips;
    });
    expect(seen).toEqual([new Set([0, 1]), new Set([0, 1])]);
  });
});
