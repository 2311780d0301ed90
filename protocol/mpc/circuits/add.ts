import type { CircuitBuilder, Wire, Word } from './builder.ts';
import { Carries, carryDepth } from './carry.ts';
import { complement, expectSameWidth, type Shape } from './words.ts';

/**
 * a + b + carryIn modulo 2^n, for words of n bits.
 *
 * `few`: a ripple adder, one AND for each carry, n − 1 in all and so deep (Boyar, Peralta and Pochuev 2000; Kolesnikov and
 * Schneider, ICALP 2008). `shallow`: a parallel-prefix adder in the manner of Sklansky (1960), depth ⌈log2 n⌉, with
 * single steps instead of groups for the carries that have time left.
 * @throws CairnError `internal` for words of different widths, as all functions of two words do
 */
export function add(builder: CircuitBuilder, a: Word, b: Word, shape: Shape, carryIn: Wire = builder.zero): Word {
  expectSameWidth(a, b);
  const carryInto = shape === 'few' ? rippling(builder, a, b, carryIn) : prefixed(builder, a, b, carryIn);
  return a.map((wire, bit) => builder.xor(builder.xor(wire, b[bit]!), carryInto[bit]!));
}

/** a − b modulo 2^n, as a + ¬b + 1: costs as {@link add}. */
export function subtract(builder: CircuitBuilder, a: Word, b: Word, shape: Shape): Word {
  return add(builder, a, complement(builder, b), shape, builder.one);
}

/** The carry out of a + b + carryIn: n ANDs if `few`, as {@link Carries} says if `shallow`. */
export function carryOut(builder: CircuitBuilder, a: Word, b: Word, shape: Shape, carryIn: Wire = builder.zero): Wire {
  expectSameWidth(a, b);
  if (shape === 'shallow') return new Carries(builder, a, b, carryIn).out(a.length);
  return rippling(builder, a, b, carryIn)[a.length]!;
}

/** The carries into each bit and out of the word. */
function rippling(builder: CircuitBuilder, a: Word, b: Word, carryIn: Wire): Wire[] {
  const carries = [carryIn];
  for (const [bit, wire] of a.entries()) {
    const carry = carries[bit]!;
    const both = builder.and(builder.xor(wire, carry), builder.xor(b[bit]!, carry));
    carries.push(builder.xor(carry, both));
  }
  return carries;
}

/** The carries into each bit. */
function prefixed(builder: CircuitBuilder, a: Word, b: Word, carryIn: Wire): Wire[] {
  const carries = new Carries(builder, a, b, carryIn);
  const depth = carryDepth(a.length - 1);
  return a.map((_, bit) => carries.out(bit, depth));
}
