import { CairnError } from '../../errors.ts';
import { carryOut } from './add.ts';
import type { CircuitBuilder, Wire, Word } from './builder.ts';
import { complement, gated, select, type Shape, signOf } from './words.ts';

/** Whether numbers are in two's complement. */
export type Sign = 'signed' | 'unsigned';

/**
 * Whether a < b, for words of n bits: the carry out of b + ¬a. `few`: n ANDs (Kolesnikov, Sadeghi and Schneider, CANS
 * 2009); `shallow`: 2n − d ANDs at depth d = ⌈log2(n + 1)⌉.
 */
export function less(builder: CircuitBuilder, a: Word, b: Word, sign: Sign, shape: Shape): Wire {
  if (sign === 'unsigned') return carryOut(builder, b, complement(builder, a), shape);
  // With the sign bits complemented, signed numbers are in the order of unsigned ones.
  const reordered = (word: Word): Word => [...word.slice(0, -1), builder.not(signOf(word))];
  return less(builder, reordered(a), reordered(b), 'unsigned', shape);
}

/** max(a, 0) of a signed word of n bits: n − 1 ANDs, one deep; the highest bit is the constant 0. */
export function relu(builder: CircuitBuilder, a: Word): Word {
  return [...gated(builder, builder.not(signOf(a)), a.slice(0, -1)), builder.zero];
}

/** The larger of two words of n bits: a comparison and n ANDs. */
export function max(builder: CircuitBuilder, a: Word, b: Word, sign: Sign, shape: Shape): Word {
  return select(builder, less(builder, a, b, sign, shape), b, a);
}

/** The largest of several words, by a tournament: one {@link max} for each word but one, ⌈log2⌉ of them deep. */
export function maxOf(builder: CircuitBuilder, words: readonly Word[], sign: Sign, shape: Shape): Word {
  expectWords(words);
  if (words.length === 1) return words[0]!;
  const half = Math.ceil(words.length / 2);
  const [left, right] = [words.slice(0, half), words.slice(half)];
  return max(builder, maxOf(builder, left, sign, shape), maxOf(builder, right, sign, shape), sign, shape);
}

/**
 * The index of the largest of several words, and of the first one among equals; as many bits as the last index has.
 * A tournament as in {@link maxOf}, in which indices advance together with values, and the last match has no value to
 * pass on. For 2^k words of n bits and `few` that is (2^(k + 1) − 3)n + 2^k − k − 1 ANDs (Kolesnikov, Sadeghi and
 * Schneider, CANS 2009, pass on the value as well).
 */
export function argmaxOf(builder: CircuitBuilder, words: readonly Word[], sign: Sign, shape: Shape): Word {
  expectWords(words);
  return tournament(builder, words, sign, shape, true).index;
}

/** The largest of the words (if another match follows) and its index. */
function tournament(
  builder: CircuitBuilder,
  words: readonly Word[],
  sign: Sign,
  shape: Shape,
  last: boolean,
): { value: Word; index: Word } {
  if (words.length === 1) return { value: words[0]!, index: [] };
  // The lower part is a power of two, so that the bit above its indices says which part has won.
  const bits = 31 - Math.clz32(words.length - 1);
  const low = tournament(builder, words.slice(0, 2 ** bits), sign, shape, false);
  const high = tournament(builder, words.slice(2 ** bits), sign, shape, false);
  const wins = less(builder, low.value, high.value, sign, shape);
  const index = low.index.map((wire, bit) => builder.mux(wins, high.index[bit] ?? builder.zero, wire));
  return { value: last ? [] : select(builder, wins, high.value, low.value), index: [...index, wins] };
}

function expectWords(words: readonly Word[]): void {
  if (words.length === 0) throw new CairnError('internal', 'the largest of no words: expected one or more');
}
