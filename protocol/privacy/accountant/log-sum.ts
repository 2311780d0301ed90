/** ln Σ e^t, without overflow. −∞ for no terms. */
export function logSum(terms: readonly number[]): number {
  let most = -Infinity;
  for (const term of terms) most = Math.max(most, term);
  if (!Number.isFinite(most)) return most;
  let sum = 0;
  for (const term of terms) sum += Math.exp(term - most);
  return most + Math.log(sum);
}

/** ln(1 + e^x). */
export function logOnePlus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** ln(e^x − 1) for x ≥ 0. */
export function logMinusOne(x: number): number {
  return x > 1 ? x + Math.log1p(-Math.exp(-x)) : Math.log(Math.expm1(x));
}
