import { logMinusOne, logOnePlus, logSum } from './log-sum.ts';
import { divergenceOf } from './mechanisms.ts';
import type { Divergence, Mechanism } from './mechanisms.ts';
import { sampledGaussian } from './sampled-gaussian.ts';

/**
 * Amplification by Poisson sampling at an integer order α ≥ 2. With P the output with the client, Q without and L =
 * P/Q, E_Q[((1 − q) + qL)^α] is a binomial sum of moments E_Q[L^k] ≤ e^((k−1)ε(k)), of which those of k = 0 and 1 are 1
 * (Mironov, Talwar & Zhang 2019; Zhu & Wang 2019). Written as 1 plus the excess, so that small rates lose no digits.
 *
 * The other direction, Q against the mixture, is no larger for noise that is symmetric about zero, as all of ours is:
 * reflection at half the shift swaps P and Q, so points come in pairs with ratios ℓ and 1/ℓ and masses 1 and ℓ. With a
 * = 1 − q + qℓ = e^u and b = 1 − q + q/ℓ = e^−v, the pair adds a^α + ℓb^α here and a^(1−α) + ℓb^(1−α) there. The
 * difference is 2e^(u/2)·sinh((α − ½)u) − 2ℓe^(−v/2)·sinh((α − ½)v): zero at α = 1, since a − 1 = ℓ(1 − b), and from
 * there the first part grows faster, since ab ≥ 1 and so u ≥ v.
 */
function amplified(excess: (k: number) => number, rate: number, order: number): number {
  const terms: number[] = [];
  const logRate = Math.log(rate);
  const logRest = Math.log1p(-rate);
  let logBinomial = Math.log(order);
  // Rounding error of the sum (Kahan 1965): the largest orders have 65 536 terms, and their logarithms reach thousands.
  let cut = 0;
  for (let k = 2; k <= order; k++) {
    const step = Math.log((order - k + 1) / k) - cut;
    const next = logBinomial + step;
    cut = next - logBinomial - step;
    logBinomial = next;
    terms.push(logBinomial + (order - k) * logRest + k * logRate + excess(k));
  }
  return logOnePlus(logSum(terms)) / (order - 1);
}

/**
 * The divergence at integer orders. The moments' excess over 1 is the same in the sums of all orders, and computed
 * once.
 */
function atWholeOrders(plain: Divergence, rate: number): Divergence {
  if (rate === 1) return plain;
  const excesses: number[] = [];
  const excess = (k: number): number => (excesses[k] ??= logMinusOne((k - 1) * plain(k)));
  return (order) => Math.min(plain(order), amplified(excess, rate, order));
}

/** Between integer orders (α − 1)·ε(α) is at most its chord, since it is convex (a log-moment); it is 0 at α = 1. */
function interpolated(whole: Divergence, order: number): number {
  const below = Math.floor(order);
  const low = below === 1 ? 0 : (below - 1) * whole(below);
  const high = below * whole(below + 1);
  return (low + (order - below) * (high - low)) / (order - 1);
}

/** Below this, integrals over a sampled Gaussian need too many points, and no useful epsilon needs them. */
const MIN_INTEGRATED = 0.3;

/**
 * A bound on the Rényi divergence, by its order α > 1, of one release in which each client takes part with probability
 * `rate`, independently of the others and unknown to the party that the guarantee is against.
 *
 * It holds when a release without the client has the distribution of one in which its vector is zero. A mean over the
 * actual participants breaks that badly: its divisor must be fixed beforehand. So do clients that take their noise with
 * them when they stay away, if there are many coordinates to estimate its variance from: `roundCost` refuses them.
 * Figures are in docs/decisions/0039-what-the-accountant-counts.md.
 */
export function sampledDivergences(mechanism: Mechanism, rate: number): Divergence {
  if (rate === 0) return () => 0;
  const plain = divergenceOf(mechanism);
  const whole = atWholeOrders(plain, rate);
  return (order) => {
    if (Number.isInteger(order)) return whole(order);
    if (rate === 1 && mechanism.noise !== 'skellam') return plain(order);
    if (mechanism.noise === 'gaussian' && mechanism.noiseMultiplier >= MIN_INTEGRATED) {
      return sampledGaussian(mechanism.noiseMultiplier, rate, order);
    }
    const chord = interpolated(whole, order);
    // Being drawn at random never reveals more than always taking part.
    return mechanism.noise === 'skellam' ? chord : Math.min(plain(order), chord);
  };
}
