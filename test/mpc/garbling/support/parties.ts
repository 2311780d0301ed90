import { type Circuit, evaluateCircuit, wiresOf } from '../../../../protocol/mpc/circuits/index.ts';
import { nodePermutation } from '../../../../protocol/crypto/node/index.ts';
import {
  evaluatorFinish,
  evaluatorPrepare,
  garble,
  garblerFinish,
  type Reveal,
  type Scheme,
} from '../../../../protocol/mpc/garbling/index.ts';
import { Prg } from '../../../../protocol/mpc/prg.ts';
import { packRows, type Slices, zeroSlices } from '../../../../protocol/mpc/slices.ts';
import type { CorrelatedReceiver, CorrelatedSender } from '../../../../protocol/mpc/transfer/types.ts';
import { type Party, type PairResult, runPair, type Turn } from '../../../../protocol/mpc/turn.ts';

/** A generator of test data. */
export function prgOf(seed: number): Prg {
  return new Prg(new Uint8Array(32).fill(seed));
}

/** Correlated transfers as a dealer would make them. */
export function dealtTransfers(prg: Prg, count: number): readonly [CorrelatedSender, CorrelatedReceiver] {
  const delta = prg.bytes(16);
  delta[0]! |= 1;
  const zeros = prg.bytes(16 * count);
  const choices = prg.bytes(Math.ceil(count / 8));
  if (count % 8 !== 0) choices[choices.length - 1]! &= (1 << (count % 8)) - 1;
  const labels = zeros.slice();
  for (let i = 0; i < count; i++) {
    if (((choices[i >> 3]! >> (i & 7)) & 1) === 0) continue;
    for (let at = 0; at < 16; at++) labels[16 * i + at]! ^= delta[at]!;
  }
  return [
    { delta, zeros },
    { choices, labels },
  ];
}

/** Rows of random bits for all input wires of a circuit. */
export function randomInputs(prg: Prg, circuit: Circuit, lanes: number): Slices {
  const rows = circuit.wires - circuit.kinds.length;
  const slices = zeroSlices(rows, lanes);
  slices.words.set(prg.words(slices.words.length));
  return slices;
}

/** The rows that a party knows. */
export function rowsOf(circuit: Circuit, all: Slices, party: 0 | 1): Slices {
  const wires = wiresOf(circuit, party);
  const own = zeroSlices(wires.length, all.lanes);
  for (const [row, wire] of wires.entries()) {
    own.words.set(all.words.subarray(wire * all.stride, (wire + 1) * all.stride), row * own.stride);
  }
  return own;
}

export interface Case {
  readonly circuit: Circuit;
  readonly inputs: Slices;
  readonly reveal?: Reveal;
  readonly scheme?: Scheme;
  /** Seed of labels, keys and transfers. */
  readonly seed?: number;
  /** The circuit that the evaluator believes in, if not the same. */
  readonly evaluators?: Circuit;
  /** Changes message number `at` to the evaluator (0) or to the garbler (1). */
  readonly tamper?: (to: 'evaluator' | 'garbler', at: number, message: Uint8Array) => void;
}

/** Both phases of both parties. */
export function runGarbling(given: Case): PairResult<Slices | undefined, Slices | undefined> {
  const { circuit, inputs, reveal = 'both', scheme = 'half-gates', seed = 1, evaluators = circuit } = given;
  const { lanes } = inputs;
  const prg = prgOf(seed);
  const [sender, receiver] = dealtTransfers(prg, wiresOf(circuit, 1).length * lanes);
  function* garbler(): Party<Slices | undefined> {
    const state = yield* garble(circuit, lanes, { transfers: sender, prg: prg.child(), scheme });
    return yield* garblerFinish(state, rowsOf(circuit, inputs, 0), reveal);
  }
  function* evaluator(): Party<Slices | undefined> {
    const own = rowsOf(circuit, inputs, 1);
    const state = yield* evaluatorPrepare(evaluators, lanes, { transfers: receiver, own, scheme });
    return yield* evaluatorFinish(state, reveal);
  }
  return runPair(
    altered(garbler(), (at, message) => given.tamper?.('evaluator', at, message)),
    altered(evaluator(), (at, message) => given.tamper?.('garbler', at, message)),
    nodePermutation,
  );
}

/** The party, with each message that it sends passed through `change`. */
function* altered<T>(party: Party<T>, change: (at: number, message: Uint8Array) => void): Party<T> {
  let input: Uint8Array = new Uint8Array(0);
  for (let at = 0; ;) {
    const { done, value } = party.next(input);
    if (done === true) return value;
    let turn: Turn = value;
    if (turn.kind === 'exchange' && turn.send !== undefined) {
      const message = turn.send.slice();
      change(at++, message);
      turn = { ...turn, send: message };
    }
    input = yield turn;
  }
}

/** What a circuit gives in the clear, as bytes to compare. */
export function expectedBits(circuit: Circuit, inputs: Slices): Uint8Array {
  return packRows(evaluateCircuit(circuit, inputs));
}

/** A circuit with gates of all kinds at random: operands are any wires, outputs may be inputs and may repeat. */
export function randomCircuit(prg: Prg, widths: readonly [number, number, number], gates: number): Circuit {
  const drawn = prg.words(3 * gates + 16);
  let next = 0;
  const below = (limit: number): number => drawn[next++]! % limit;
  const first = widths[0] + widths[1] + widths[2];
  const kinds = new Uint8Array(gates);
  const left = new Uint32Array(gates);
  const right = new Uint32Array(gates);
  const depths = Array.from({ length: first }, () => 0);
  for (let gate = 0; gate < gates; gate++) {
    const kind = [0, 0, 1, 1, 2][below(5)]!;
    const operand = below(first + gate);
    kinds[gate] = kind;
    left[gate] = operand;
    right[gate] = kind === 2 ? operand : below(first + gate);
    depths.push(Math.max(depths[operand]!, depths[right[gate]!]!) + (kind === 1 ? 1 : 0));
  }
  return {
    name: 'random',
    inputs: widths.map((width, at) => ({ name: `input ${at}`, width, party: at === 1 ? 1 : 0 })),
    wires: first + gates,
    kinds,
    left,
    right,
    outputs: Uint32Array.from({ length: 16 }, () => below(first + gates)),
    ands: kinds.filter((kind) => kind === 1).length,
    depth: Math.max(...depths),
  };
}
