import { CairnError } from '../../errors.ts';
import { add } from './add.ts';
import type { CircuitBuilder, Wire, Word } from './builder.ts';
import type { Sign } from './compare.ts';
import { multiplyConstant } from './multiply.ts';
import { type Shape, signOf, zeroExtended } from './words.ts';

/**
 * ⌊word / divisor⌋, exactly, in as many bits as the word has. Powers of two cost nothing.
 *
 * `few`: non-restoring division, k − 1 ANDs for each bit of the quotient if the odd part of the divisor has k bits.
 * `shallow`: the high part of a product with a constant (Granlund and Montgomery, PLDI 1994).
 * @throws CairnError `internal` for a divisor below 1
 */
export function divideByConstant(builder: CircuitBuilder, word: Word, divisor: bigint, sign: Sign, shape: Shape): Word {
  if (divisor < 1n) throw new CairnError('internal', `divideByConstant: expected a positive divisor, got ${divisor}`);
  if (sign === 'signed') {
    // ⌊x / d⌋ = ¬⌊¬x / d⌋ for negative x, and ¬x is not negative.
    const negative = signOf(word);
    const magnitude = word.slice(0, -1).map((wire) => builder.xor(wire, negative));
    const quotient = divideByConstant(builder, magnitude, divisor, 'unsigned', shape);
    return [...quotient.map((wire) => builder.xor(wire, negative)), negative];
  }
  const twos = trailingZeros(divisor);
  const odd = divisor >> BigInt(twos);
  const dividend = word.slice(twos);
  const divide = shape === 'few' ? nonRestoring : byReciprocal;
  return zeroExtended(builder, odd === 1n ? dividend : divide(builder, dividend, odd), word.length);
}

/**
 * Division digit by digit, from the top. The remainder R is from −d to d − 1; R' = 2R + x_i − d if it was not negative
 * and 2R + x_i + d if it was, so that a subtraction that went too far is made good by the next digit. Each digit of the
 * quotient is 1 if R' is not negative, as in restoring division.
 */
function nonRestoring(builder: CircuitBuilder, dividend: Word, odd: bigint): Word {
  const k = bitLength(odd);
  const quotient: Wire[] = [];
  // The top k − 1 bits are less than d: no digit of the quotient comes from them.
  let remainder: Word = zeroExtended(builder, dividend.slice(Math.max(0, dividend.length - k + 1)), k + 1);
  for (let bit = dividend.length - k; bit >= 0; bit--) {
    const negative = signOf(remainder);
    const subtracts = builder.not(negative);
    const addend = Array.from({ length: k + 1 }, (_, at) => {
      return ((odd >> BigInt(at)) & 1n) === 1n ? negative : subtracts;
    });
    remainder = add(builder, [dividend[bit]!, ...remainder.slice(0, -1)], addend, 'few', subtracts);
    quotient.unshift(builder.not(signOf(remainder)));
  }
  return quotient;
}

/**
 * ⌊x · m / 2^s⌋ with m = ⌈2^s / d⌉ is ⌊x / d⌋ for all x of n bits if m · d − 2^s is at most 2^(s − n); s is the first for
 * which that holds.
 */
function byReciprocal(builder: CircuitBuilder, dividend: Word, odd: bigint): Word {
  const n = dividend.length;
  const digits = n - bitLength(odd) + 1;
  if (digits < 1) return [];
  let shift = n;
  const reciprocal = (): bigint => (2n ** BigInt(shift) + odd - 1n) / odd;
  while (reciprocal() * odd - 2n ** BigInt(shift) > 2n ** BigInt(shift - n)) shift++;
  return multiplyConstant(builder, dividend, reciprocal(), shift + digits, 'unsigned', 'shallow').slice(shift);
}

function trailingZeros(value: bigint): number {
  let zeros = 0;
  while (((value >> BigInt(zeros)) & 1n) === 0n) zeros++;
  return zeros;
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}
