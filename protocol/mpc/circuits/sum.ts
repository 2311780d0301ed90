import { add } from './add.ts';
import type { CircuitBuilder, Wire, Word } from './builder.ts';
import type { Sign } from './compare.ts';
import { constantWord, type Shape } from './words.ts';

/**
 * A sum of many words, collected column by column (a column holds the wires of one weight) and then reduced: three wires
 * of a column become one of it and one of the next by a full adder, which takes one AND (Boyar, Peralta and
 * Pochuev 2000).
 */
export class ColumnSum {
  readonly #builder: CircuitBuilder;
  readonly #columns: Wire[][];
  /** What is known of the sum while it is built, modulo 2^width. */
  #constant = 0n;

  /** @param width bits of the sum; what is above is dropped */
  constructor(builder: CircuitBuilder, width: number) {
    this.#builder = builder;
    this.#columns = Array.from({ length: width }, () => []);
  }

  /** Adds wire · 2^position. */
  addBit(wire: Wire, position: number): void {
    if (wire === this.#builder.one) this.addConstant(1n << BigInt(position));
    else if (wire !== this.#builder.zero) this.#columns[position]?.push(wire);
  }

  /** Subtracts wire · 2^position, as ¬wire · 2^position − 2^position. */
  subtractBit(wire: Wire, position: number): void {
    this.addBit(this.#builder.not(wire), position);
    this.addConstant(-1n << BigInt(position));
  }

  /** Adds word · 2^position, or subtracts it. */
  addWord(word: Word, position: number, sign: Sign, negative = false): void {
    for (const [bit, wire] of word.entries()) {
      // The sign bit of a number in two's complement has a negative weight.
      const flipped = (sign === 'signed' && bit === word.length - 1) !== negative;
      if (flipped) this.subtractBit(wire, position + bit);
      else this.addBit(wire, position + bit);
    }
  }

  addConstant(value: bigint): void {
    this.#constant = BigInt.asUintN(this.#columns.length, this.#constant + value);
  }

  /**
   * The sum. `few`: columns are reduced to one wire each, from the lowest up, by as many ANDs as wires vanish and one more
   * for each column with an even number. `shallow`: in stages, after which columns have at most … 9, 6, 4, 3, 2 wires
   * (Dadda 1965), one AND deep each; then the two rows are added by a parallel-prefix adder.
   */
  finish(shape: Shape): Word {
    const builder = this.#builder;
    const width = this.#columns.length;
    for (const [position, wire] of constantWord(builder, this.#constant, width).entries()) {
      if (wire === builder.one) this.#columns[position]!.push(wire);
    }
    if (shape === 'few') this.#reduceTo(1, shape);
    else for (const height of this.#stages()) this.#reduceTo(height, shape);
    const row = (at: number): Word => this.#columns.map((column) => column[at] ?? builder.zero);
    return shape === 'few' ? row(0) : add(builder, row(0), row(1), shape);
  }

  /** Heights of columns after each of Dadda's stages: 2, 3, 4, 6, 9, … from the last one back, each half as high again. */
  #stages(): number[] {
    const tallest = Math.max(...this.#columns.map(({ length }) => length));
    const heights = [];
    for (let height = 2; height < tallest; height = Math.floor((3 * height) / 2)) heights.unshift(height);
    return heights;
  }

  /** Reduces columns to a height, carries included, by full adders and where one wire is too many by a half adder. */
  #reduceTo(height: number, shape: Shape): void {
    const builder = this.#builder;
    for (const [position, column] of this.#columns.entries()) {
      // Those that are known first; sorting keeps equals in order, so both sides build the same circuit.
      if (shape === 'shallow') column.sort((a, b) => builder.depthOf(a) - builder.depthOf(b));
      while (column.length > height) {
        const [a, b, c = builder.zero] = column.splice(0, column.length === height + 1 ? 2 : 3) as [Wire, Wire, Wire?];
        const differs = builder.xor(a, b);
        column.push(builder.xor(differs, c));
        this.#columns[position + 1]?.push(builder.xor(a, builder.and(differs, builder.xor(a, c))));
      }
    }
  }
}
