import { logOnePlus, logSum } from './log-sum.ts';

/** Standard deviations integrated on either side; e^−72 is left out. */
const REACH = 12;
/** Points for each unit of the integrand's smoothness. */
const DENSITY = 6;

/**
 * ln((1 + x)^α − 1 − αx): by how much a value of the likelihood ratio exceeds the mean. Never negative (Bernoulli). −∞
 * if x is too small to tell.
 */
function logExcess(x: number, order: number): number {
  const power = order * Math.log1p(x);
  const chord = 1 + order * x;
  if (chord <= 0) return Math.log(Math.exp(power) - chord);
  return power + Math.log(Math.max(0, -Math.expm1(Math.log(chord) - power)));
}

/**
 * Rényi divergence of the Poisson-sampled Gaussian at an order that need not be an integer: E[((1 − q) + qL)^α] under
 * N(0, σ²) with L = e^((2z − 1)/2σ²) (Mironov, Talwar & Zhang 2019), from which 1 = E[1 + α·q(L − 1)] is subtracted
 * inside the integral.
 *
 * The paper's series has terms of both signs; instead the integral is computed in equal steps. The integrand is
 * analytic for |Im z| < πσ², so the error decreases as e^(−2πa/h) with a < πσ² and a step h = min(σ, σ²)/6: below
 * 10^−10 of the result.
 * @param sigma noise multiplier, from 0.3
 * @param rate q, above 0 and below 1
 * @param order α, from above 1 to about 11
 */
export function sampledGaussian(sigma: number, rate: number, order: number): number {
  const step = Math.min(sigma, sigma * sigma) / DENSITY;
  const terms: number[] = [];
  for (let z = -REACH * sigma; z <= order + REACH * sigma; z += step) {
    const x = rate * Math.expm1((2 * z - 1) / (2 * sigma * sigma));
    terms.push(logExcess(x, order) - (z * z) / (2 * sigma * sigma));
  }
  const excess = logSum(terms) + Math.log(step / (sigma * Math.sqrt(2 * Math.PI)));
  return logOnePlus(excess) / (order - 1);
}
