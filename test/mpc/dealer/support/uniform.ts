/**
 * Pearson's statistic of counts against equal ones, as standard deviations from its mean: it has counts − 1 degrees of
 * freedom, hence that mean and twice that variance, and is near to normal for 100 or more.
 */
export function deviation(observed: ArrayLike<number>): number {
  const counts = Array.from(observed);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const expected = total / counts.length;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return (statistic - (counts.length - 1)) / Math.sqrt(2 * (counts.length - 1));
}
