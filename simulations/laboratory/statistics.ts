/** The sum, added up in order. */
export function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** The mean; NaN for none. */
export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** The middle value, or the mean of the two middle ones; 0 for none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A value to so many significant digits; six are enough for every table. */
export function significant(value: number, digits = 6): number {
  return Number(value.toPrecision(digits));
}

/** The mean as a summary shows it: digits after the first six are rounding errors of sums. */
export function roundedMean(values: readonly number[]): number {
  return significant(mean(values));
}
