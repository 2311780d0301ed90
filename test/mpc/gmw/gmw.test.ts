import { describe, expect, it } from 'vitest';
import { type Circuit, CircuitBuilder, evaluateCircuit, inputWires } from '../../../protocol/mpc/circuits/index.ts';
import type { AndTriples } from '../../../protocol/mpc/dealer/index.ts';
import { gmw, privateInputs } from '../../../protocol/mpc/gmw/index.ts';
import { leaseArena, returnArena } from '../../../protocol/mpc/kernels/arena.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import { packRows, type Slices, zeroSlices } from '../../../protocol/mpc/slices.ts';
import { runPair } from '../../../protocol/mpc/turn.ts';
import { codeOf } from '../../support/thrown.ts';
import { randomCircuit } from '../circuits/support/random-circuit.ts';
import { deal, drawSlices, noPermutation, type Pair, splitSlices, xorSlices } from './dealing.ts';

const prg = new Prg(new Uint8Array(32).fill(11));

function triplesFor({ ands }: Circuit, lanes: number): Pair<AndTriples> {
  const demand = { kind: 'and', rows: ands, lanes } as const;
  const [first, second] = deal(prg, [demand]);
  return [first.take(demand), second.take(demand)];
}

function evaluateShared(circuit: Circuit, shares: Pair<Slices>, triples = triplesFor(circuit, shares[0].lanes)) {
  return runPair(gmw(circuit, 0, shares[0], triples[0]), gmw(circuit, 1, shares[1], triples[1]), noPermutation);
}

/** Both shares of the outputs together, as bits of the lanes alone. */
function joined([first, second]: Pair<Slices>): Uint8Array {
  return packRows(xorSlices(first, second));
}

/** One of each gate, of two inputs. */
function everyGate(): Circuit {
  const builder = new CircuitBuilder();
  const [x] = builder.input('x', 1, 0);
  const [y] = builder.input('y', 1, 1);
  const gates = [
    builder.and(x!, y!),
    builder.xor(x!, y!),
    builder.not(x!),
    builder.or(x!, y!),
    builder.mux(x!, y!, x!),
  ];
  return builder.build('every gate', [...gates, builder.not(builder.and(x!, builder.not(y!))), y!, builder.one]);
}

describe('GMW', () => {
  it('gives every gate’s truth table, for all shares of all inputs', () => {
    // Lane j: the bits of j are x, y and party 0's shares of both.
    const inputs = zeroSlices(2, 16);
    const first = zeroSlices(2, 16);
    inputs.words.set([0xaaaa, 0xcccc].flatMap((row) => [row, 0, 0, 0]));
    first.words.set([0xf0f0, 0xff00].flatMap((row) => [row, 0, 0, 0]));
    const { results } = evaluateShared(everyGate(), [first, xorSlices(inputs, first)]);
    const rows = [0x8888, 0x6666, 0x5555, 0xeeee, 0x8888, 0xdddd, 0xcccc, 0xffff];
    expect([...new Uint16Array(joined(results).buffer)]).toEqual(rows);
  });

  it.each([1, 100, 128, 300])('agrees with plain evaluation of random circuits on %i lanes', (lanes) => {
    for (let seed = 1n; seed <= 12n; seed++) {
      const circuit = randomCircuit(seed, 200);
      const inputs = drawSlices(prg, inputWires(circuit), lanes);
      const { results } = evaluateShared(circuit, splitSlices(prg, inputs));
      expect(joined(results)).toEqual(packRows(evaluateCircuit(circuit, inputs)));
    }
  });

  it('takes inputs of which each is known to one party', () => {
    const circuit = randomCircuit(99n, 200);
    const [x, y] = [drawSlices(prg, 7, 200), drawSlices(prg, 6, 200)];
    const shares = [privateInputs(circuit, 0, x), privateInputs(circuit, 1, y)] as const;
    const inputs = { ...x, rows: 13, words: Uint32Array.from([...x.words, ...y.words]) };
    expect(xorSlices(...shares)).toEqual(inputs);
    expect(joined(evaluateShared(circuit, shares).results)).toEqual(packRows(evaluateCircuit(circuit, inputs)));
  });

  it('takes one exchange for each level of ANDs, of two bits an AND and lane', () => {
    for (const lanes of [3, 128, 129]) {
      const circuit = randomCircuit(5n, 300);
      const shares = splitSlices(prg, drawSlices(prg, inputWires(circuit), lanes));
      const { trips, received } = evaluateShared(circuit, shares);
      expect(trips).toBe(circuit.depth);
      for (const messages of received) {
        expect(messages).toHaveLength(circuit.depth);
        const bytes = messages.reduce((sum, { length }) => sum + length, 0);
        expect(bytes).toBe(2 * circuit.ands * Math.ceil(lanes / 8));
      }
    }
  });

  it('needs no exchange without ANDs', () => {
    const builder = new CircuitBuilder();
    const [x] = builder.input('x', 1, 0);
    const circuit = builder.build('not', [builder.not(x!)]);
    const none = (): AndTriples => ({ a: zeroSlices(0, 8), b: zeroSlices(0, 8), c: zeroSlices(0, 8) });
    const shares = [zeroSlices(1, 8), zeroSlices(1, 8)] as const;
    const { results, trips } = evaluateShared(circuit, shares, [none(), none()]);
    expect([trips, ...joined(results)]).toEqual([0, 0xff]);
  });

  it('refuses shares and triples that are not for its circuit, before it sends anything', () => {
    const circuit = everyGate();
    const { ands } = circuit;
    const start = (shares: Slices, triples: AndTriples): string =>
      codeOf(() => gmw(circuit, 0, shares, triples).next());
    const [shares] = splitSlices(prg, zeroSlices(2, 8));
    expect(start(zeroSlices(3, 8), triplesFor(circuit, 8)[0])).toBe('wire-bounds');
    expect(start(shares, triplesFor(circuit, 9)[0])).toBe('wire-bounds');
    expect(start(shares, triplesFor({ ...circuit, ands: ands + 1 }, 8)[0])).toBe('wire-bounds');
    expect(codeOf(() => privateInputs(circuit, 0, zeroSlices(2, 8)))).toBe('wire-bounds');
  });

  it('refuses a message with bits after the last lane', () => {
    const circuit = everyGate();
    const party = gmw(circuit, 0, zeroSlices(2, 3), triplesFor(circuit, 3)[0]);
    const turn = party.next();
    if (turn.done === true || turn.value.kind !== 'exchange') throw new Error('expected an exchange');
    const message = new Uint8Array(turn.value.receive);
    message[1] = 0x08;
    expect(codeOf(() => party.next(message))).toBe('wire-not-canonical');
  });

  it('sends nothing of its padding', () => {
    const circuit = everyGate();
    const shares = [drawSlices(prg, 2, 3), drawSlices(prg, 2, 3)] as const;
    for (const messages of evaluateShared(circuit, shares).received) {
      for (const message of messages) expect(message.every((byte) => byte < 8)).toBe(true);
    }
  });

  it('uses triples once and zeroes them', () => {
    const circuit = everyGate();
    const triples = triplesFor(circuit, 128);
    const shares = splitSlices(prg, drawSlices(prg, 2, 128));
    evaluateShared(circuit, shares, triples);
    for (const { a, b, c } of triples) {
      for (const { words } of [a, b, c]) expect(words.every((word) => word === 0)).toBe(true);
    }
    expect(codeOf(() => evaluateShared(circuit, shares, triples))).toBe('internal');
  });

  it('zeroes its triples and its memory when it is given up on', () => {
    const circuit = everyGate();
    const [triples] = triplesFor(circuit, 128);
    const shares = drawSlices(prg, 2, 128);
    const memory = leaseArena();
    // The arena that was given back last is the next to be leased.
    returnArena(memory);
    const party = gmw(circuit, 0, shares, triples);
    party.next();
    expect(memory.bytes(16, 4096).some((byte) => byte !== 0)).toBe(true);
    party.return(zeroSlices(1, 1));
    expect(memory.bytes(16, memory.size - 16).every((byte) => byte === 0)).toBe(true);
    expect(triples.a.words.every((word) => word === 0)).toBe(true);
  });
});
