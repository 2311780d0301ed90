import { CairnError } from '../../errors.ts';
import type { Circuit } from '../circuits/index.ts';
import type { AndTriples } from '../dealer/types.ts';
import type { Arena } from '../kernels/arena.ts';
import { rowWords, type Slices } from '../slices.ts';
import { exchange, type Party } from '../turn.ts';
import { OpenedRows } from './opened-rows.ts';
import { type Program, programOf } from './program.ts';
import { spend } from './spend.ts';

/** Bytes of a gate in a program. */
const GATE_BYTES = 12;

/**
 * One evaluation of a circuit under GMW, in an arena that stays its own between messages: all rows and the program are
 * in its memory, and a level is three calls of kernels however many gates and lanes it has. Everything is reserved
 * when it is made.
 */
export class Evaluation {
  readonly rowBytes: number;
  readonly #memory: Arena;
  readonly #program: Program;
  /** All ones at party 0, which alone adds what both know, and zero at party 1. */
  readonly #own: number;
  readonly #lanes: number;
  readonly #ands: number;
  readonly #gates: number;
  readonly #wires: number;
  /** Rows of triples of one level: a, b and c. */
  readonly #triples: readonly [number, number, number];
  readonly #opened: OpenedRows;

  /** @param memory zeroed and given back by the caller */
  constructor(memory: Arena, circuit: Circuit, party: 0 | 1, lanes: number) {
    const program = programOf(circuit);
    this.#memory = memory;
    this.#program = program;
    this.#own = ownMask(party);
    this.#lanes = lanes;
    this.#ands = circuit.ands;
    this.rowBytes = 4 * rowWords(lanes);
    this.#gates = memory.load(program.gates);
    this.#wires = memory.reserve((program.ones + 1) * this.rowBytes);
    const ofTriples = (): number => memory.reserve(program.maxAnds * this.rowBytes);
    this.#triples = [ofTriples(), ofTriples(), ofTriples()];
    this.#opened = new OpenedRows(memory, 2 * program.maxAnds, lanes);
  }

  /** Address of an input wire's row, which is zero before it is written. */
  input(wire: number): number {
    return this.#row(wire);
  }

  /** Address of an output's row, after {@link Evaluation.run}. */
  output(at: number): number {
    return this.#row(this.#program.outputs[at]!);
  }

  /**
   * Computes this party's shares of all wires from those of the inputs, in one exchange for each level of ANDs.
   * @param triples a row for each AND; wiped here
   * @throws CairnError `wire-bounds` if the triples are not for this circuit and these lanes, `wire-not-canonical` if the
   * other party sends bits after the last lane, `internal` if the triples were used before
   */
  *run(triples: AndTriples): Party<void> {
    const { levels, ones } = this.#program;
    const { kernels } = this.#memory;
    const { a, b, c } = triples;
    for (const rows of [a, b, c]) expectRows(rows, this.#ands, this.#lanes);
    spend(triples);
    this.#memory.words(this.#row(ones), this.rowBytes / 4).fill(this.#own);
    try {
      let used = 0;
      for (const { free, ands } of levels) {
        kernels.xorRows(this.#gates + GATE_BYTES * free.first, free.count, this.#wires, this.rowBytes);
        if (ands.count === 0) continue;
        this.#loadTriples(triples, used, ands.count);
        used += ands.count;
        yield* this.#multiply(ands.first, ands.count);
      }
    } finally {
      for (const { words } of [a, b, c]) words.fill(0);
    }
  }

  *#multiply(first: number, count: number): Party<void> {
    const { kernels } = this.#memory;
    const { mine, theirs } = this.#opened;
    const [a, b, c] = this.#triples;
    const program = this.#gates + GATE_BYTES * first;
    kernels.maskOperands(program, count, this.#wires, this.rowBytes, a, b, mine);
    this.#opened.accept(yield* exchange(this.#opened.message(2 * count)), 2 * count);
    kernels.multiplyRows(program, count, this.#wires, this.rowBytes, a, b, c, mine, theirs, this.#own);
  }

  #row(at: number): number {
    return this.#wires + at * this.rowBytes;
  }

  #loadTriples({ a, b, c }: AndTriples, first: number, count: number): void {
    const [atA, atB, atC] = this.#triples;
    this.#loadRows(a, first, count, atA);
    this.#loadRows(b, first, count, atB);
    this.#loadRows(c, first, count, atC);
  }

  #loadRows({ stride, words }: Slices, first: number, count: number, target: number): void {
    this.#memory.words(target, count * stride).set(words.subarray(first * stride, (first + count) * stride));
  }
}

/** What makes party 0 alone add what both parties know: all ones at it, and zero at party 1. */
export function ownMask(party: 0 | 1): number {
  return party === 0 ? 0xffffffff : 0;
}

/** @throws CairnError `wire-bounds` for other rows or lanes */
export function expectRows(slices: Slices, rows: number, lanes: number): void {
  if (slices.rows === rows && slices.lanes === lanes) return;
  throw new CairnError(
    'wire-bounds',
    `expected ${rows} rows of ${lanes} bits, got ${slices.rows} rows of ${slices.lanes}`,
  );
}
