import { CairnError } from '../../errors.ts';
import type { CircuitBuilder, Wire, Word } from './builder.ts';

/**
 * What a circuit shall have little of: `few` has few ANDs, as garbling wants, which pays for each by bytes and by hashes;
 * `shallow` has few ANDs one after the other, as GMW wants, which pays for each level by a round trip.
 */
export type Shape = 'few' | 'shallow';

/** @throws CairnError `internal` for words of different widths, whose missing wires would otherwise pass for constants */
export function expectSameWidth(a: Word, b: Word): void {
  if (a.length === b.length) return;
  throw new CairnError('internal', `expected words of one width, got ${a.length} and ${b.length} bits`);
}

/** A constant of `width` bits, in two's complement. */
export function constantWord(builder: CircuitBuilder, value: bigint, width: number): Word {
  return Array.from({ length: width }, (_, bit) => builder.constant(((value >> BigInt(bit)) & 1n) === 1n));
}

/** The low bits of a word, or the word with zeros above it. */
export function zeroExtended(builder: CircuitBuilder, word: Word, width: number): Word {
  return Array.from({ length: width }, (_, bit) => word[bit] ?? builder.zero);
}

/** The low bits of a signed word, or the word with copies of its sign above it. */
export function signExtended(word: Word, width: number): Word {
  return Array.from({ length: width }, (_, bit) => word[bit] ?? signOf(word));
}

/** The highest bit. */
export function signOf(word: Word): Wire {
  return word[word.length - 1]!;
}

/** Every bit of a word complemented, at no cost. */
export function complement(builder: CircuitBuilder, word: Word): Word {
  return word.map((wire) => builder.not(wire));
}

/** Every bit of a word ANDed with one wire: the word or 0. One AND a bit. */
export function gated(builder: CircuitBuilder, gate: Wire, word: Word): Word {
  return word.map((wire) => builder.and(gate, wire));
}

/** Bit by bit the XOR of two words of one width, at no cost. */
export function xorWords(builder: CircuitBuilder, a: Word, b: Word): Word {
  expectSameWidth(a, b);
  return a.map((wire, bit) => builder.xor(wire, b[bit]!));
}

/** One of two words of one width. One AND a bit (Kolesnikov, Sadeghi and Schneider, CANS 2009). */
export function select(builder: CircuitBuilder, choice: Wire, whenSet: Word, whenClear: Word): Word {
  expectSameWidth(whenSet, whenClear);
  return whenSet.map((wire, bit) => builder.mux(choice, wire, whenClear[bit]!));
}
