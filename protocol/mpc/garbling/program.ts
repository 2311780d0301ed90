import { sha256 } from '@noble/hashes/sha2.js';
import { type Circuit, GATE, type ScheduleStep, scheduleOf, wiresOf } from '../circuits/index.ts';

/** Words of a gate's record. */
const RECORD = 4;

/** One level of a circuit: gates that need no table, then ANDs that do not depend on one another. */
interface Step {
  /** The first record of the free gates. */
  readonly free: number;
  /** The first record of the ANDs, which is the end of the free gates. */
  readonly ands: number;
  /** The end of the ANDs. */
  readonly end: number;
}

/** A circuit's schedule as the kernels read it, and what else both parties derive from the circuit. */
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
  if (program === undefined) programs.set(circuit, (program = makeProgram(circuit)));
  return program;
}

function makeProgram(circuit: Circuit): Program {
  const { slots, steps, outputs } = scheduleOf(circuit);
  const records = new Uint32Array(RECORD * circuit.kinds.length);
  let made = 0;
  const write = (gates: Omit<ScheduleStep['free'], 'kinds'>, kind: (at: number) => number): void => {
    for (let at = 0; at < gates.target.length; at++, made++) {
      records.set([kind(at), gates.left[at]!, gates.right[at]!, gates.target[at]!], RECORD * made);
    }
  };
  return {
    digest: digestOf(circuit),
    slots,
    records,
    steps: steps.map(({ free, ands }) => {
      const first = made;
      write(free, (at) => free.kinds[at]!);
      const middle = made;
      write(ands, () => GATE.and);
      return { free: first, ands: middle, end: made };
    }),
    inputs: [wiresOf(circuit, 0), wiresOf(circuit, 1)],
    outputs,
  };
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
