/** Cells into which residuals are sorted, by their top bits. */
const CELL_BITS = 4;
const CELLS = 2 ** CELL_BITS;

/** Chi-squared with 15 degrees of freedom exceeds this about once in 10^9 times (z > 6, Wilson and Hilferty). */
const BOUND = 80;

/**
 * Chi-squared of how differences modulo 2^bits fall into sixteen cells of equal size: practically always below
 * {@link BOUND} when they are uniform. Leftover masks are uniform; a sum of updates is not, since updates are small and
 * fall into the first and the last cell, which gives at least seven times their number.
 * @returns the statistic
 */
function spread(a: Uint32Array, b: Uint32Array, bits: number): number {
  const cells = new Array<number>(CELLS).fill(0);
  a.forEach((value, i) => cells[((value - b[i]!) << (32 - bits)) >>> (32 - CELL_BITS)]!++);
  const expected = a.length / CELLS;
  return cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/**
 * Whether the difference of two vectors looks uniform modulo 2^bits, so that neither reveals anything about the other.
 */
export const looksUniform = (a: Uint32Array, b: Uint32Array, bits: number): boolean => spread(a, b, bits) < BOUND;
