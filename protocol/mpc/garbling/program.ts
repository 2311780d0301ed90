import { sha256 } from '@noble/hashes/sha2.js';
import { type Circuit, GATE, inputWires, wiresOf } from '../circuits/index.ts';

/** One level of a circuit: gates that need no table, then ANDs that do not depend on one another. */
export interface Step {
  /** The first record of the free gates. */
  readonly free: number;
  /** The first record of the ANDs, which is the end of the free gates. */
  readonly ands: number;
  /** The end of the ANDs. */
  readonly end: number;
}

/** A circuit in the order in which it is garbled and evaluated, its wires laid out in as few slots as that order needs. */
export interface Program {
  /** SHA-256 of the circuit. */
  readonly digest: Uint8Array;
  /** Labels that are alive at one time, for each lane. */
  readonly slots: number;
  /** Four words for each gate: kind, slot of the left operand, of the right one, and of the result. */
  readonly records: Uint32Array;
  readonly steps: readonly Step[];
  /** The input wires that each party knows, in order; wire i begins in slot i. */
  readonly inputs: readonly [Uint32Array, Uint32Array];
  /** The slot of each output after the last step. */
  readonly outputs: Uint32Array;
}

const programs = new WeakMap<Circuit, Program>();

/** The program of a circuit, made once. */
export function programOf(circuit: Circuit): Program {
  let program = programs.get(circuit);
  if (program === undefined) programs.set(circuit, (program = compile(circuit)));
  return program;
}

function compile(circuit: Circuit): Program {
  const { order, steps } = levels(circuit);
  const { kinds, left, right, outputs } = circuit;
  const first = inputWires(circuit);
  const lastUse = new Int32Array(circuit.wires).fill(-1);
  for (const [at, gate] of order.entries()) {
    lastUse[left[gate]!] = at;
    lastUse[right[gate]!] = at;
  }
  for (const wire of outputs) lastUse[wire] = order.length;

  const slot = new Uint32Array(circuit.wires);
  for (let wire = 0; wire < first; wire++) slot[wire] = wire;
  const vacant: number[] = [];
  let slots = first;
  const records = new Uint32Array(4 * order.length);
  for (const [at, gate] of order.entries()) {
    const [a, b] = [left[gate]!, right[gate]!];
    // Freed before the result gets its slot: a gate reads its operands of a lane before it writes the result. ANDs of a
    // batch are written in this order too, each after it has read its operands again.
    if (lastUse[a] === at) vacant.push(slot[a]!);
    if (b !== a && lastUse[b] === at) vacant.push(slot[b]!);
    const result = (slot[first + gate] = vacant.pop() ?? slots++);
    if (lastUse[first + gate] === -1) vacant.push(result);
    records.set([kinds[gate]!, slot[a]!, slot[b]!, result], 4 * at);
  }
  return {
    digest: digestOf(circuit),
    slots,
    records,
    steps,
    inputs: [wiresOf(circuit, 0), wiresOf(circuit, 1)],
    outputs: outputs.map((wire) => slot[wire]!),
  };
}

/** The gates by AND depth: at each depth the free gates, then the ANDs of their results. */
function levels(circuit: Circuit): { readonly order: Uint32Array; readonly steps: readonly Step[] } {
  const { kinds, left, right, depth } = circuit;
  const first = inputWires(circuit);
  const depths = new Uint32Array(circuit.wires);
  // Group 2d: free gates of depth d; 2d + 1: ANDs that lead from depth d to d + 1.
  const group = new Uint32Array(kinds.length);
  const starts = new Uint32Array(2 * depth + 3);
  for (let gate = 0; gate < kinds.length; gate++) {
    const before = Math.max(depths[left[gate]!]!, depths[right[gate]!]!);
    const and = kinds[gate] === GATE.and ? 1 : 0;
    depths[first + gate] = before + and;
    group[gate] = 2 * before + and;
    starts[group[gate]! + 1]!++;
  }
  for (let at = 1; at < starts.length; at++) starts[at]! += starts[at - 1]!;
  const steps = Array.from({ length: depth + 1 }, (_, level) => ({
    free: starts[2 * level]!,
    ands: starts[2 * level + 1]!,
    end: starts[2 * level + 2]!,
  }));
  const order = new Uint32Array(kinds.length);
  const next = starts.slice();
  for (let gate = 0; gate < kinds.length; gate++) order[next[group[gate]!]!++] = gate;
  return { order, steps };
}

/** Binds all that decides what a circuit computes: whose each input is, the gates, and the outputs. */
function digestOf({ inputs, kinds, left, right, outputs }: Circuit): Uint8Array {
  const hash = sha256.create();
  const head = [inputs.length, ...inputs.flatMap(({ width, party }) => [width, party]), kinds.length, outputs.length];
  for (const part of [Uint32Array.from(head), kinds, left, right, outputs]) {
    hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }
  return hash.digest();
}
