import { type Circuit, GATE, scheduleOf } from '../circuits/index.ts';

/** Gates of a program that follow one another: the first, and how many. */
interface Gates {
  readonly first: number;
  readonly count: number;
}

/** Free gates, and then ANDs that do not depend on each other; the last level has none. */
interface Level {
  readonly free: Gates;
  readonly ands: Gates;
}

/**
 * A circuit's schedule as the kernels run it: gates in the order in which they are computed, three numbers each (see
 * protocol/mpc/kernels/assembly/gmw.ts). A slot is the row of its number. One row more is all ones at party 0 and zero at
 * party 1, and a negation is the XOR with that row.
 */
export interface Program {
  readonly gates: Uint32Array;
  readonly levels: readonly Level[];
  /** ANDs of the level that has the most. */
  readonly maxAnds: number;
  /** Number of the row that negates: after the slots. */
  readonly ones: number;
  /** The rows of the outputs. */
  readonly outputs: Uint32Array;
}

const programs = new WeakMap<Circuit, Program>();

/** The program of a circuit, made once. */
export function programOf(circuit: Circuit): Program {
  let program = programs.get(circuit);
  if (program === undefined) {
    program = compile(circuit);
    programs.set(circuit, program);
  }
  return program;
}

function compile(circuit: Circuit): Program {
  const { slots: ones, steps, outputs } = scheduleOf(circuit);
  const gates = new Uint32Array(3 * circuit.kinds.length);
  let next = 0;
  const append = (target: Uint32Array, left: Uint32Array, right: (gate: number) => number): Gates => {
    const first = next;
    for (let gate = 0; gate < target.length; gate++, next++) {
      gates.set([target[gate]!, left[gate]!, right(gate)], 3 * next);
    }
    return { first, count: target.length };
  };
  const levels = steps.map(({ free, ands }) => ({
    free: append(free.target, free.left, (gate) => (free.kinds[gate] === GATE.not ? ones : free.right[gate]!)),
    ands: append(ands.target, ands.left, (gate) => ands.right[gate]!),
  }));
  const maxAnds = levels.reduce((max, { ands }) => Math.max(max, ands.count), 0);
  return { gates, levels, maxAnds, ones, outputs };
}
