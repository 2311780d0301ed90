import { CairnError } from '../../errors.ts';
import { epsilonOf, roundCost } from './convert.ts';
import type { Mechanism } from './mechanisms.ts';

/** What a whole training shall keep. */
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
 * The least noise multiplier that keeps a target, up to 10^−4 of itself and never below.
 * @param mechanism what a round releases at a noise multiplier: Gaussian noise where it is left out. With
 * `(z) => mechanismOf(planNoise({ ...settings, noiseMultiplier: z }))` the rounding and the discrete noise of a plan
 * count.
 * @throws CairnError `privacy-infeasible` where none up to 2^20 does, `settings-invalid` for a target out of range; what
 * `mechanism` throws
 */
export function leastNoiseMultiplier(
  { epsilon, delta, rounds, rate }: PrivacyTarget,
  mechanism: (noiseMultiplier: number) => Mechanism = (noiseMultiplier) => ({ noise: 'gaussian', noiseMultiplier }),
): number {
  if (!(epsilon > 0) || !Number.isSafeInteger(rounds) || rounds < 1) {
    throw new CairnError(
      'settings-invalid',
      `a target needs an epsilon above 0 and a whole number of rounds from 1, but has ${epsilon} and ${rounds}`,
    );
  }
  const keeps = (noiseMultiplier: number): boolean => {
    const cost = roundCost(mechanism(noiseMultiplier), rate);
    const all = cost.map((divergence) => divergence * rounds);
    return epsilonOf(all, delta) <= epsilon;
  };
  let enough = 1;
  while (!keeps(enough)) {
    enough *= 2;
    if (enough > MOST) {
      throw new CairnError('privacy-infeasible', `no noise keeps epsilon ${epsilon} and delta ${delta}`, {
        hint: 'raise epsilon or delta, or plan fewer rounds',
      });
    }
  }
  let short = enough / 2;
  while (short > LEAST && keeps(short)) {
    enough = short;
    short /= 2;
  }
  while (enough - short > TOLERANCE * enough) {
    const middle = (enough + short) / 2;
    if (keeps(middle)) enough = middle;
    else short = middle;
  }
  return enough;
}
