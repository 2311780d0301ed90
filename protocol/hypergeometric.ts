import { exp, log } from './numeric.ts';

/**
 * Hypergeometric tails, precise enough to be compared with 2^−80/n: terms come from log-factorials, each tail is summed
 * from its largest term outwards, and a tail that contains the mode is 1 minus the other one.
 */

/** Below this, log-factorials are summed once; from here on, three terms of Stirling's series are exact in a double. */
const TABLE = 256;
const HALF_LOG_TAU = 0.5 * log(2 * Math.PI);

const table = new Float64Array(TABLE);
for (let i = 2; i < TABLE; i++) table[i] = table[i - 1]! + log(i);

/** ln(m!) for an integer m ≥ 0. */
function logFactorial(m: number): number {
  if (m < TABLE) return table[m]!;
  const inverse = 1 / m;
  const square = inverse * inverse;
  const correction = inverse * (1 / 12 - square * (1 / 360 - square / 1260));
  return (m + 0.5) * log(m) - m + HALF_LOG_TAU + correction;
}

/** ln C(m, r); −∞ if r is outside 0…m. */
export function logBinomial(m: number, r: number): number {
  if (r < 0 || r > m) return -Infinity;
  return logFactorial(m) - logFactorial(r) - logFactorial(m - r);
}

/** An urn of `total` members of which `marked` are marked; `draws` are drawn without replacement. */
export interface Urn {
  readonly total: number;
  readonly marked: number;
  readonly draws: number;
}

/** The most likely number of marked members among the draws. */
export function mode({ total, marked, draws }: Urn): number {
  return Math.min(Math.floor(((draws + 1) * (marked + 1)) / (total + 2)), draws, marked);
}

/** P[X = x]. */
function probability({ total, marked, draws }: Urn, x: number): number {
  const exponent = logBinomial(marked, x) + logBinomial(total - marked, draws - x) - logBinomial(total, draws);
  return exp(exponent);
}

/** Σ P[X = x] over x ≥ from, for `from` above the mode: the terms only fall. */
function sumUp(urn: Urn, from: number): number {
  const { total, marked, draws } = urn;
  let term = probability(urn, from);
  let sum = term;
  for (let x = from; term > sum * Number.EPSILON * 0.25; x++) {
    term *= ((marked - x) * (draws - x)) / ((x + 1) * (total - marked - draws + x + 1));
    sum += term;
  }
  return sum;
}

/** Σ P[X = x] over x ≤ from, for `from` at or below the mode: the terms only fall. */
function sumDown(urn: Urn, from: number): number {
  const { total, marked, draws } = urn;
  let term = probability(urn, from);
  let sum = term;
  for (let x = from; term > sum * Number.EPSILON * 0.25; x--) {
    term *= (x * (total - marked - draws + x)) / ((marked - x + 1) * (draws - x + 1));
    sum += term;
  }
  return sum;
}

/** P[X > x]. */
export function above(urn: Urn, x: number): number {
  if (x < 0) return 1;
  return x >= mode(urn) ? sumUp(urn, x + 1) : 1 - sumDown(urn, x);
}

/** P[X < x]. */
export function below(urn: Urn, x: number): number {
  if (x <= 0) return 0;
  return x <= mode(urn) ? sumDown(urn, x - 1) : 1 - sumUp(urn, x);
}
