import { unsafeSeededRandom } from '../../protocol/crypto/seeded.ts';
import type { RandomSource } from '../../protocol/crypto/random.ts';

/** A seeded source whose stream is named by one number. */
export function seeded(seed: number): RandomSource {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, seed);
  return unsafeSeededRandom(bytes);
}

/** ∫ f by Simpson's rule; `intervals` is even. */
export function integrate(f: (x: number) => number, from: number, to: number, intervals = 4000): number {
  const step = (to - from) / intervals;
  let sum = f(from) + f(to);
  for (let i = 1; i < intervals; i++) sum += f(from + i * step) * (i % 2 === 1 ? 4 : 2);
  return (sum * step) / 3;
}

/** P[N(0, 1) ≤ x], good to 10^−12 or so of itself. */
export function normalCdf(x: number): number {
  const density = (y: number): number => Math.exp((-y * y) / 2) / Math.sqrt(2 * Math.PI);
  return x > 0 ? 1 - normalCdf(-x) : integrate(density, x - 14, x);
}

/** ln(k!), summed. */
function logFactorial(k: number): number {
  let sum = 0;
  for (let i = 2; i <= k; i++) sum += Math.log(i);
  return sum;
}

/** Probabilities of −reach … reach under the discrete Gaussian, straight from its definition. */
export function gaussianPmf(variance: number, reach: number): number[] {
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * variance)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Probabilities of −reach … reach under the difference of two Poisson variables of mean variance / 2. */
export function skellamPmf(variance: number, reach: number): number[] {
  const mean = variance / 2;
  const last = Math.ceil(mean + 12 * Math.sqrt(mean) + 40) + reach;
  const poisson = Array.from({ length: last + 1 }, (_, k) => Math.exp(k * Math.log(mean) - mean - logFactorial(k)));
  return Array.from({ length: 2 * reach + 1 }, (_, i) => {
    const difference = Math.abs(i - reach);
    let sum = 0;
    for (let k = 0; k + difference <= last; k++) sum += poisson[k]! * poisson[k + difference]!;
    return sum;
  });
}

/**
 * How many standard normal deviations a histogram is away from its law, by Pearson's χ² and the approximation of Wilson
 * and Hilferty. Neighbouring cells are joined until 20 are expected in each. Above 5.2 comes by chance once in 10^7.
 * @param samples integers
 * @param pmf probabilities of −reach … reach, whose length is 2·reach + 1; the rest counts into the ends
 */
export function surprise(samples: Int32Array, pmf: readonly number[]): number {
  const reach = (pmf.length - 1) / 2;
  const counts = new Array<number>(pmf.length).fill(0);
  for (const sample of samples) counts[Math.min(Math.max(sample + reach, 0), pmf.length - 1)]!++;
  let statistic = 0;
  let cells = 0;
  let expected = 0;
  let observed = 0;
  let left = samples.length;
  for (const [i, probability] of pmf.entries()) {
    expected += probability * samples.length;
    observed += counts[i]!;
    left -= probability * samples.length;
    if ((expected >= 20 && left >= 20) || i === pmf.length - 1) {
      statistic += (observed - expected) ** 2 / expected;
      cells++;
      expected = 0;
      observed = 0;
    }
  }
  const freedom = cells - 1;
  return (Math.cbrt(statistic / freedom) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom));
}
