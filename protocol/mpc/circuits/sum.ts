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

/**
 * word · factor modulo 2^width: one addition or subtraction for each digit of the factor's non-adjacent form but one.
 */
export function multiplyConstant(
  builder: CircuitBuilder,
  word: Word,
  factor: bigint,
  width: number,
  sign: Sign,
  shape: Shape,
): Word {
  const sum = new ColumnSum(builder, width);
  for (const { position, negative } of nonAdjacentForm(factor)) sum.addWord(word, position, sign, negative);
  return sum.finish(shape);
}

/**
 * The product of two words modulo 2^width. Textbook multiplication: `few` takes 2n² − n ANDs for all 2n bits of unsigned
 * words of n bits. Signed words by the method of Baugh and Wooley (1973).
 */
export function multiply(builder: CircuitBuilder, a: Word, b: Word, width: number, sign: Sign, shape: Shape): Word {
  const sum = new ColumnSum(builder, width);
  const negative = (word: Word, bit: number): boolean => sign === 'signed' && bit === word.length - 1;
  for (const [i, x] of a.entries()) {
    for (const [j, y] of b.entries()) {
      if (i + j >= width) break;
      const product = builder.and(x, y);
      if (negative(a, i) === negative(b, j)) sum.addBit(product, i + j);
      else sum.subtractBit(product, i + j);
    }
  }
  return sum.finish(shape);
}

/**
 * The product of two signed fixed-point numbers of n bits with `fraction` bits behind the point: ⌊a · b / 2^fraction⌋
 * modulo 2^n.
 */
export function multiplyFixed(builder: CircuitBuilder, a: Word, b: Word, fraction: number, shape: Shape): Word {
  return multiply(builder, a, b, a.length + fraction, 'signed', shape).slice(fraction);
}

/** The digits of a number that are not zero, ±1 each and no two neighbours, lowest first. */
function nonAdjacentForm(number: bigint): { position: number; negative: boolean }[] {
  const digits = [];
  let rest = number;
  for (let position = 0; rest !== 0n; position++, rest >>= 1n) {
    if ((rest & 1n) === 0n) continue;
    const negative = (rest & 3n) === 3n;
    digits.push({ position, negative });
    rest += negative ? 1n : -1n;
  }
  return digits;
}
