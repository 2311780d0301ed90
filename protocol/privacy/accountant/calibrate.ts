import { CairnError } from '../../errors.ts';
import { epsilonOf, roundCost } from './convert.ts';
import type { Mechanism } from './mechanisms.ts';

/** The guarantee that a whole training must keep. */
export interface PrivacyTarget {
  readonly epsilon: number;
  readonly delta: number;
  /** Number of rounds. */
  readonly rounds: number;
  /** Probability with which each client takes part in a round. */
  readonly rate: number;
}

const LEAST = 2 ** -10;
const MOST = 2 ** 20;
const TOLERANCE = 1e-4;

/**
 * The smallest noise multiplier that keeps a target, to a relative 10^−4 and never below.
 * @param mechanism what a round releases at a noise multiplier: Gaussian noise if omitted. With `(z) =>
 * mechanismOf(planNoise({ ...settings, noiseMultiplier: z }))` the rounding and the discrete noise of a plan are
 * included.
 * @throws CairnError `privacy-infeasible` if none up to 2^20, or none that fits a plan, does; `settings-invalid` for a
 * target out of range; anything that `mechanism` throws
 */
export function minNoiseMultiplier(
  { epsilon, delta, rounds, rate }: PrivacyTarget,
  mechanism: (noiseMultiplier: number) => Mechanism = (noiseMultiplier) => ({ noise: 'gaussian', noiseMultiplier }),
): number {
  if (!(epsilon > 0) || !Number.isSafeInteger(rounds) || rounds < 1) {
    throw new CairnError(
      'settings-invalid',
      `a target needs an epsilon above 0 and an integer number of rounds from 1, but has ${epsilon} and ${rounds}`,
    );
  }
  const keeps = (noiseMultiplier: number): boolean => {
    const all = roundCost(mechanism(noiseMultiplier), rate).map((divergence) => divergence * rounds);
    return epsilonOf(all, delta) <= epsilon;
  };
  // From some point above `short` the noise exceeds a plan's modulus, possibly before it is enough.
  let found: number | undefined;
  let tooMuch: unknown;
  const tooLittle = (noiseMultiplier: number): boolean => {
    try {
      if (!keeps(noiseMultiplier)) return true;
      found = noiseMultiplier;
    } catch (error) {
      if (!(error instanceof CairnError && error.code === 'privacy-infeasible')) throw error;
      tooMuch = error;
    }
    return false;
  };

  let short = LEAST / 2;
  let high = LEAST;
  for (; tooLittle(high) && high < MOST; high *= 2) short = high;
  while (high - short > TOLERANCE * high) {
    const middle = (short + high) / 2;
    if (tooLittle(middle)) short = middle;
    else high = middle;
  }
  if (found !== undefined) return found;
  throw new CairnError('privacy-infeasible', `no noise keeps epsilon ${epsilon} and delta ${delta} under this plan`, {
    hint: 'raise epsilon, delta or modulusBits, or plan fewer rounds',
    cause: tooMuch,
  });
}
