import type { CircuitBuilder, Word } from './builder.ts';
import type { Sign } from './compare.ts';
import { ColumnSum } from './sum.ts';
import type { Shape } from './words.ts';

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
