import { ChaChaStream } from '../../crypto/chacha.ts';
import type { RandomSource } from '../../crypto/random.ts';
import { SIZES } from '../../crypto/suite.ts';
import { CairnError } from '../../errors.ts';
import { MAX_GAUSSIAN_VARIANCE, discreteGaussian } from './discrete-gaussian.ts';
import { MAX_SKELLAM_VARIANCE, skellam } from './skellam.ts';

/** The noise on integers that may be added under a modulus. */
export type NoiseDistribution = 'discrete-gaussian' | 'skellam';

/** Exact noise of one distribution and variance. Creating one takes milliseconds: reuse it for many vectors. */
export interface NoiseSampler {
  readonly distribution: NoiseDistribution;
  /** Of one coordinate, in units of the grid. */
  readonly variance: number;
  /**
   * Adds an independent sample to each word, mod 2^32. The words come from a ChaCha20 stream whose seed is wiped.
   * @param random a CSPRNG, called once for 32 bytes: a party that can guess them can remove the noise
   */
  add(into: Int32Array | Uint32Array, random: RandomSource): void;
}

/** ChaCha rounds of the stream that noise is drawn from. */
const NOISE_ROUNDS = 20;

/** Minimum variance that is sampled: below it almost every sample is zero, and such noise protects nothing. */
export const MIN_VARIANCE = 2 ** -10;

/** Maximum variance that a distribution can be sampled at. */
export function maxVariance(distribution: NoiseDistribution): number {
  return distribution === 'skellam' ? MAX_SKELLAM_VARIANCE : MAX_GAUSSIAN_VARIANCE;
}

/**
 * A sampler of noise that follows its distribution exactly, given uniform words: decisions are made in integers and
 * never by the result of a floating-point function, so there is no gap between a machine's distribution and the one in
 * the proofs (Mironov 2012 shows what such gaps reveal). The time a sample takes depends on its value, as with every
 * rejection sampler.
 * @param variance from 2^−10 to 2^50 (discrete Gaussian) or 2^24 (Skellam)
 * @throws CairnError `settings-invalid` for a variance out of range
 */
export function createNoiseSampler(distribution: NoiseDistribution, variance: number): NoiseSampler {
  const most = maxVariance(distribution);
  if (!(variance >= MIN_VARIANCE && variance <= most)) {
    throw new CairnError(
      'settings-invalid',
      `the variance of ${distribution} noise must lie between ${MIN_VARIANCE} and ${most}, but is ${variance}`,
    );
  }
  const draw = distribution === 'skellam' ? skellam(variance) : discreteGaussian(variance);
  return {
    distribution,
    variance,
    add(into, random) {
      const seed = random(SIZES.key);
      const stream = new ChaChaStream(seed, NOISE_ROUNDS);
      seed.fill(0);
      try {
        for (let i = 0; i < into.length; i++) into[i]! += draw(stream);
      } finally {
        stream.wipe();
      }
    },
  };
}
