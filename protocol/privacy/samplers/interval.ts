/**
 * Enclosures of real numbers between two integer multiples of 2^−p, in BigInt. Samplers decide by them: a comparison
 * that an enclosure leaves open is repeated with more bits, so no rounding error ever reaches a sample.
 */

/** A number between lo·2^−p and hi·2^−p, both from 0; p is the precision that goes with it. */
export interface Interval {
  readonly lo: bigint;
  readonly hi: bigint;
}

/** A positive rational number as two integers. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The rational number that a double is: every finite one is an integer over a power of two. */
export function exactly(value: number): Rational {
  let denominator = 1n;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    denominator *= 2n;
  }
  return { numerator: BigInt(scaled), denominator };
}

/** ⌈a / b⌉ for a ≥ 0, b > 0. */
export function ceilDivide(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

/** A rational number at precision p. */
export function enclose({ numerator, denominator }: Rational, p: bigint): Interval {
  const scaled = numerator << p;
  return { lo: scaled / denominator, hi: ceilDivide(scaled, denominator) };
}

/** The product of two numbers at precision p. */
export function multiply(x: Interval, y: Interval, p: bigint): Interval {
  return { lo: (x.lo * y.lo) >> p, hi: ((x.hi * y.hi) >> p) + 1n };
}

/** The reciprocal of a positive number at precision p. */
function reciprocal(x: Interval, p: bigint): Interval {
  const one = 1n << (2n * p);
  return { lo: one / x.hi, hi: ceilDivide(one, x.lo) };
}

/** e^y for 0 ≤ y ≤ 1/2. All terms of the series are positive, so lower and upper sums enclose it. */
function exponential(y: Interval, p: bigint): Interval {
  let term: Interval = { lo: 1n << p, hi: 1n << p };
  let { lo, hi } = term;
  for (let i = 1n; term.hi > 1n; i++) {
    const next = multiply(term, y, p);
    term = { lo: next.lo / i, hi: ceilDivide(next.hi, i) };
    lo += term.lo;
    hi += term.hi;
  }
  // Each further term is at most half of the previous one, so together they are at most the last.
  return { lo, hi: hi + term.hi };
}

/** Bits beyond the requested precision, which absorb the rounding of the series. */
const GUARD = 32n;

/** e^−x for a rational x ≥ 0, at precision p: halved until the series is short, and squared as often. */
export function expMinus({ numerator, denominator }: Rational, p: bigint): Interval {
  let halvings = 0n;
  while (numerator * 2n > denominator << halvings) halvings++;
  const working = p + halvings + GUARD;
  const y = enclose({ numerator, denominator: denominator << halvings }, working);
  let result = reciprocal(exponential(y, working), working);
  for (let i = 0n; i < halvings; i++) result = multiply(result, result, working);
  const excess = working - p;
  return { lo: result.lo >> excess, hi: (result.hi >> excess) + 1n };
}
