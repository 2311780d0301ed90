import type { NoiseDistribution } from '../samplers/index.ts';

/** Gaussian noise in real numbers: the reference for the others. */
export interface GaussianMechanism {
  readonly noise: 'gaussian';
  /** z: standard deviation of the noise divided by the L2 sensitivity. */
  readonly noiseMultiplier: number;
}

/** A sum of integer vectors to which integer noise is added, in units of their grid. */
export interface NoisyMechanism {
  readonly noise: NoiseDistribution;
  /** Number of independent parts of the noise; 1 if one party adds all of it. */
  readonly shares: number;
  /** Variance of one part in one coordinate. */
  readonly shareVariance: number;
  /** Maximum L2 norm of what one client adds to the sum. */
  readonly sensitivity: number;
  /** Number of coordinates. */
  readonly length: number;
  /**
   * Whether the noise has this distribution whichever clients take part. Not if each client adds a share of it: a
   * client that stays away takes its share with it, and over many coordinates the remaining variance reveals how many
   * took part.
   */
  readonly constant: boolean;
}

/**
 * One release whose Rényi divergence is known. Neighbours differ in one client, whose vector is zero in one of them;
 * the noise is the same in both. More noise than stated here only helps, since it is independent of this.
 */
export type Mechanism = GaussianMechanism | NoisyMechanism;

/** A Rényi divergence as a function of its order. */
export type Divergence = (order: number) => number;

/** Terms of τ that are added one by one. The rest is bounded by the last of these, since terms decrease. */
const TERMS = 256;

/** The bound for sums of discrete Gaussians holds for standard deviations from one half. */
const MIN_SUMMED_VARIANCE = 1 / 4;

/**
 * τ = 10·Σ e^(−2π²σ²k/(k + 1)) over k = 1 … n − 1, σ² being one share's variance: the sum of n discrete Gaussians is
 * not a discrete Gaussian, but their probabilities differ by at most a factor e^(τ/2) (Kairouz, Liu & Steinke 2021, for
 * σ ≥ 1/2).
 * @internal Tests hold it against the exact distributions of sums.
 */
export function sharesDefect(shares: number, shareVariance: number): number {
  const exponent = -2 * Math.PI * Math.PI * shareVariance;
  const counted = Math.min(shares - 1, TERMS);
  let sum = 0;
  let term = 0;
  for (let k = 1; k <= counted; k++) {
    term = Math.exp((exponent * k) / (k + 1));
    sum += term;
  }
  return 10 * (sum + (shares - 1 - counted) * term);
}

/**
 * Distributed discrete Gaussian, Δ being the sensitivity over the standard deviation of the whole noise: the smallest
 * of α/2·Δ² + τd, α/2·(Δ² + 2Δ₁τ + τ²d) and α/2·(Δ + √d·τ)² (proposition 14 there). The first is seen directly: the
 * likelihood ratio is at most e^τ times that of discrete Gaussians, and the noise itself is sub-Gaussian. If shares are
 * too narrow for it, only one is counted: the others are independent of it, and can only help.
 */
function discreteGaussianRdp(mechanism: NoisyMechanism): Divergence {
  const { shares, shareVariance, sensitivity, length } = mechanism;
  if (shares > 1 && shareVariance < MIN_SUMMED_VARIANCE) {
    return (order) => (order / 2) * (sensitivity ** 2 / shareVariance);
  }
  const deviation = Math.sqrt(shares * shareVariance);
  const tau = sharesDefect(shares, shareVariance);
  const l2 = sensitivity / deviation;
  const l1 = l1Norm(mechanism) / deviation;
  return (order) =>
    Math.min(
      (order / 2) * l2 * l2 + tau * length,
      (order / 2) * (l2 * l2 + 2 * l1 * tau + tau * tau * length),
      (order / 2) * (l2 + Math.sqrt(length) * tau) ** 2,
    );
}

/** Maximum L1 norm of integers of a given L2 norm: by |x| ≤ x², and by Cauchy–Schwarz. */
function l1Norm({ sensitivity, length }: NoisyMechanism): number {
  return sensitivity * Math.min(Math.sqrt(length), sensitivity);
}

/** Skellam noise of total variance μ, at integer orders (Agarwal, Kairouz & Liu 2021, theorem 3.5). */
function skellamRdp(mechanism: NoisyMechanism): Divergence {
  const mu = mechanism.shares * mechanism.shareVariance;
  const squared = mechanism.sensitivity ** 2;
  const l1 = l1Norm(mechanism);
  return (order) =>
    (order * squared) / (2 * mu) + Math.min(((2 * order - 1) * squared + 6 * l1) / (4 * mu * mu), (3 * l1) / (2 * mu));
}

/**
 * A bound on the Rényi divergence of a mechanism's outputs on neighbours, as a function of the order α > 1, which must
 * be an integer for Skellam noise, as the theorem requires.
 */
export function divergenceOf(mechanism: Mechanism): Divergence {
  switch (mechanism.noise) {
    case 'gaussian':
      return (order) => order / (2 * mechanism.noiseMultiplier ** 2);
    case 'discrete-gaussian':
      return discreteGaussianRdp(mechanism);
    case 'skellam':
      return skellamRdp(mechanism);
  }
}
