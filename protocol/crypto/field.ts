import { CairnError } from '../errors.ts';
import { floorLog2 } from '../numeric.ts';
import { FIELD } from './suite.ts';

// Arithmetic modulo p = 69 206 017 in doubles. The product of two elements is below p² < 2^53, so `a * b` is exact, and
// so are its quotient and its remainder.

const P = FIELD.prime;
const RECIPROCAL = 1 / P;

/**
 * x mod p for an integer 0 ≤ x < 2^53. The `%` of doubles calls fmod; the product with 1/p, rounded down, is the exact
 * quotient in a fifth of the time. Exactness was checked at every multiple of p and just below each; since rounding is
 * monotone it holds between them too. The test repeats the check.
 */
export function reduce(x: number): number {
  return x - Math.floor(x * RECIPROCAL) * P;
}

/** a · b mod p. */
export function mul(a: number, b: number): number {
  return reduce(a * b);
}

/** a + b mod p. */
export function add(a: number, b: number): number {
  const sum = a + b;
  return sum >= P ? sum - P : sum;
}

/** a − b mod p. */
export function sub(a: number, b: number): number {
  return a >= b ? a - b : a - b + P;
}

/** base^exponent mod p, for an integer exponent ≥ 0. */
export function pow(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let e = exponent; e > 0; e = Math.floor(e / 2)) {
    if (e % 2 === 1) result = mul(result, square);
    square = mul(square, square);
  }
  return result;
}

/** The inverses of non-zero elements, for the cost of one inversion and 3n products (Montgomery's trick). */
export function inverses(elements: Float64Array): Float64Array {
  const results = new Float64Array(elements.length);
  let product = 1;
  for (let i = 0; i < elements.length; i++) {
    results[i] = product;
    product = mul(product, elements[i]!);
  }
  let inverse = pow(product, P - 2);
  for (let i = elements.length - 1; i >= 0; i--) {
    results[i] = mul(results[i]!, inverse);
    inverse = mul(inverse, elements[i]!);
  }
  return results;
}

/**
 * A primitive root of unity of order m: generator^((p − 1)/m).
 * @param order a power of two up to 2^21
 * @throws CairnError `settings-invalid` for another order
 */
export function rootOfUnity(order: number): number {
  if (!(order >= 1 && order <= 2 ** FIELD.twoAdicity && order === 2 ** floorLog2(order))) {
    throw new CairnError('settings-invalid', `order: expected a power of two up to 2^21, got ${order}`);
  }
  return pow(FIELD.generator, (P - 1) / order);
}
