import { minNoiseMultiplier, mechanismOf, planNoise } from '../../../protocol/privacy/index.ts';
import type { NoiseSettings } from '../../../protocol/privacy/index.ts';
import type { SumPrivacy } from '../../engine/noisy-rounds.ts';
import { sharedModel } from './networks.ts';
import type { Participants } from './scenario.ts';

/** Differential privacy of users over a whole federation. */
export interface UserPrivacy {
  readonly epsilon: number;
  readonly delta: number;
  readonly rounds: number;
}

// The finest grid there is: what is looked at here is noise, not rounding.
const MODULUS_BITS = 32;

function noiseOf(members: number, noiseMultiplier: number): NoiseSettings {
  return {
    placement: 'distributed',
    distribution: 'discrete-gaussian',
    noiseMultiplier,
    dimension: sharedModel().layout.size,
    clip: 1,
    clients: members,
    // The adversary is a member and knows the noise that it added itself, if it added any.
    minHonestSurvivors: members - 1,
    modulusBits: MODULUS_BITS,
    bitWidth: 0,
  };
}

/**
 * The noise that every member adds a share of, so that the sums of all rounds keep a budget. Everybody takes part in
 * every round and everybody knows it, so that nothing amplifies.
 * @throws CairnError `privacy-infeasible` where no noise keeps it
 */
export function userNoise(members: Participants, { epsilon, delta, rounds }: UserPrivacy): SumPrivacy {
  const noiseMultiplier = minNoiseMultiplier({ epsilon, delta, rounds, rate: 1 }, (multiplier) =>
    mechanismOf(planNoise(noiseOf(members, multiplier))),
  );
  return noiseOf(members, noiseMultiplier);
}
