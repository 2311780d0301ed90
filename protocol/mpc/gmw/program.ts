import { type Circuit, GATE, inputWires } from '../circuits/index.ts';

/** Gates of a program that follow one another: the first, and how many. */
interface Gates {
  readonly first: number;
  readonly count: number;
}

/** A level of a program: ANDs that depend on no other AND of the level, and then the free gates that now can be computed. */
interface Level {
  readonly ands: Gates;
  readonly free: Gates;
}

/**
 * A circuit as the kernels run it: gates in the order in which they are computed, three numbers each (see
 * protocol/mpc/kernels/assembly/gmw.ts). A wire is the row of its number; one row more is all ones at party 0 and zero
 * at party 1, and a negation is the XOR with that row.
 */
export interface Program {
  readonly circuit: Circuit;
  readonly gates: Uint32Array;
  /** The first has no ANDs. */
  readonly levels: readonly Level[];
  /** ANDs of the level that has the most. */
  readonly maxAnds: number;
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
  const { kinds, left, right, wires, depth } = circuit;
  const inputs = inputWires(circuit);
  const ands: number[][] = Array.from({ length: depth + 1 }, () => []);
  const free: number[][] = Array.from({ length: depth + 1 }, () => []);
  const levelOf = new Uint32Array(wires);
  for (const [gate, kind] of kinds.entries()) {
    const x = left[gate]!;
    const y = kind === GATE.not ? wires : right[gate]!;
    const ready = Math.max(levelOf[x]!, levelOf[right[gate]!]!);
    const level = kind === GATE.and ? ready + 1 : ready;
    levelOf[inputs + gate] = level;
    (kind === GATE.and ? ands : free)[level]!.push(inputs + gate, x, y);
  }
  let next = 0;
  const follow = ({ length }: readonly number[]): Gates => {
    const first = next;
    next += length / 3;
    return { first, count: length / 3 };
  };
  return {
    circuit,
    gates: Uint32Array.from(ands.flatMap((gates, level) => [...gates, ...free[level]!])),
    levels: ands.map((gates, level) => ({ ands: follow(gates), free: follow(free[level]!) })),
    maxAnds: ands.reduce((most, { length }) => Math.max(most, length / 3), 0),
  };
}
