/**
 * Greatest distance between the empirical distribution of some draws and a distribution function, times the root of
 * their number (Kolmogorov and Smirnov). It exceeds x with probability 2·e^(−2x²) at most, whatever the distribution
 * (Dvoretzky, Kiefer and Wolfowitz, with Massart's constant).
 */
export function kolmogorov(draws: readonly number[], distribution: (x: number) => number): number {
  const sorted = [...draws].sort((a, b) => a - b);
  const n = sorted.length;
  let greatest = 0;
  sorted.forEach((x, i) => {
    const expected = distribution(x);
    greatest = Math.max(greatest, Math.abs((i + 1) / n - expected), Math.abs(i / n - expected));
  });
  return greatest * Math.sqrt(n);
}

/** What {@link kolmogorov} exceeds in one of a million sound samples at most: √(ln(2·10^6) / 2). */
export const ONE_IN_A_MILLION = Math.sqrt(Math.log(2e6) / 2);

/**
 * How far the share of successes among n draws may be from p: by Hoeffding's inequality it is farther in one of a
 * million sound samples at most.
 */
export const shareTolerance = (n: number): number => Math.sqrt(Math.log(2e6) / (2 * n));

/** Distribution function of Laplace's distribution with mean 0. */
export const laplaceDistribution =
  (scale: number) =>
  (x: number): number =>
    x < 0 ? Math.exp(x / scale) / 2 : 1 - Math.exp(-x / scale) / 2;

/** P[A − B ≥ x] for independent Laplace draws A and B of different scales a and b, x ≥ 0. */
export function exceeds(a: number, b: number, x: number): number {
  return (a * a * Math.exp(-x / a) - b * b * Math.exp(-x / b)) / (2 * (a * a - b * b));
}
