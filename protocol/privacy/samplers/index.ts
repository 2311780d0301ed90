import { ChaChaStream } from '../../crypto/chacha.ts';
import type { RandomSource } from '../../crypto/random.ts';
import { SIZES } from '../../crypto/suite.ts';
import { CairnError } from '../../errors.ts';
import { MAX_GAUSSIAN_VARIANCE, discreteGaussian } from './discrete-gaussian.ts';
import { MAX_SKELLAM_VARIANCE, skellam } from './skellam.ts';

/** The noise on integers that may be added under a modulus. */
export type NoiseDistribution = 'discrete-gaussian' | 'skellam';

/** Exact noise of one distribution and variance. Making one takes milliseconds: it is kept for many vectors. */
export interface NoiseSampler {
  readonly distribution: NoiseDistribution;
  /** Of one coordinate, in units of the grid. */
  readonly variance: number;
  /**
   * Adds an independent sample to each word, mod 2^32. The words come from a ChaCha20 stream whose seed is wiped.
   * @param random a CSPRNG, asked once for 32 bytes: who can guess them can take the noise away
   */
  add(into: Int32Array | Uint32Array, random: RandomSource): void;
}

/** Rounds of the stream that noise is drawn from. */
const NOISE_ROUNDS = 20;

/** The least variance that is sampled: below it almost every sample is zero, and such noise protects nothing. */
export const MIN_VARIANCE = 2 ** -10;

/** The greatest variance that a distribution is sampled at. */
export function maxVariance(distribution: NoiseDistribution): number {
  return distribution === 'skellam' ? MAX_SKELLAM_VARIANCE : MAX_GAUSSIAN_VARIANCE;
}

/**
 * A sampler of noise that follows its distribution exactly, given uniform words: decisions are made in integers and
 * never by the result of a floating-point function, so no gap between a machine's distribution and the one in the
 * proofs is left (Mironov 2012 shows what such gaps reveal). How long a sample takes depends on it, as with every
 * rejection sampler.
 * @param variance from 2^−10 to 2^50 (discrete Gaussian) or 2^24 (Skellam)
 * @throws CairnError `settings-invalid` for another variance
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
