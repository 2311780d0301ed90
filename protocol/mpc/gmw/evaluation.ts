import { CairnError } from '../../errors.ts';
import type { Circuit } from '../circuits/index.ts';
import type { AndTriples } from '../dealer/types.ts';
import type { Arena } from '../kernels/arena.ts';
import { rowWords, type Slices } from '../slices.ts';
import { exchange, type Party } from '../turn.ts';
import { OpenedRows } from './opened-rows.ts';
import { type Program, programOf } from './program.ts';
import { spend } from './spend.ts';

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
    this.rowBytes = 4 * rowWords(lanes);
    this.#gates = memory.load(program.gates);
    this.#wires = memory.reserve((circuit.wires + 1) * this.rowBytes);
    const ofTriples = (): number => memory.reserve(program.maxAnds * this.rowBytes);
    this.#triples = [ofTriples(), ofTriples(), ofTriples()];
    this.#opened = new OpenedRows(memory, 2 * program.maxAnds, lanes);
  }

  /** Address of a wire's row. Those of the inputs are in their order, and zero before they are written. */
  wire(wire: number): number {
    return this.#wires + wire * this.rowBytes;
  }

  /** Address of an output's row. */
  output(at: number): number {
    return this.wire(this.#program.circuit.outputs[at]!);
  }

  /**
   * Computes this party's shares of all wires from those of the inputs, in one exchange for each level of ANDs.
   * @param triples a row for each AND; wiped here
   * @throws CairnError `wire-bounds` if the triples are not for this circuit and these lanes, `wire-not-canonical` if the
   * other party sends bits after the last lane, `internal` if the triples were used before
   */
  *run(triples: AndTriples): Party<void> {
    const { circuit, levels } = this.#program;
    const { kernels } = this.#memory;
    const { a, b, c } = triples;
    for (const rows of [a, b, c]) expectRows(rows, circuit.ands, this.#lanes);
    spend(triples);
    this.#memory.bytes(this.wire(circuit.wires), this.rowBytes).fill(this.#own);
    try {
      let used = 0;
      for (const { ands, free } of levels) {
        if (ands.count > 0) {
          const program = this.#gates + 12 * ands.first;
          const [atA, atB, atC] = this.#triples;
          this.#loadTriples(triples, used, ands.count);
          used += ands.count;
          kernels.maskOperands(program, ands.count, this.#wires, this.rowBytes, atA, atB, this.#opened.mine);
          const message = this.#opened.message(2 * ands.count);
          this.#opened.accept(yield* exchange(message), 2 * ands.count);
          const { mine, theirs } = this.#opened;
          kernels.multiplyRows(program, ands.count, this.#wires, this.rowBytes, atA, atB, atC, mine, theirs, this.#own);
        }
        kernels.xorRows(this.#gates + 12 * free.first, free.count, this.#wires, this.rowBytes);
      }
    } finally {
      for (const { words } of [a, b, c]) words.fill(0);
    }
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
