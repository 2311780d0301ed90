import {
  mechanismOf,
  minNoiseMultiplier,
  type NoisePlan,
  type NoiseSettings,
  type NoisyMechanism,
  planNoise,
} from '../../../protocol/privacy/index.ts';
import type { SumPrivacy } from '../../engine/noisy-rounds.ts';
import { modelOf } from '../../engine/local-training.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import type { PrivacyUtilitySettings } from './settings.ts';

/** Deviations of a cohort's size that a round's budget has room for: one round in 10^9 would be larger. */
const DEVIATIONS = 6;

/** Members of a round on average. */
export function expectedCohort({ cohort }: { readonly cohort: number }, members: number): number {
  return cohort * members;
}

/** The most members that a round's sum may hold. */
function largestCohort({ cohort }: { readonly cohort: number }, members: number): number {
  const expected = cohort * members;
  return Math.min(members, Math.ceil(expected + DEVIATIONS * Math.sqrt(expected * (1 - cohort)) + DEVIATIONS));
}

/** Who takes part, and who adds the noise. */
export interface NoisyCase {
  readonly members: number;
  readonly placement: 'central' | 'distributed';
}

/** A training's noise as the plan takes it, in units of the clip. */
export function noiseSettings(
  settings: PrivacyUtilitySettings,
  { members, placement }: NoisyCase,
  noiseMultiplier: number,
  dimension: number,
): NoiseSettings {
  const { distribution, minHonestSurvivors, modulusBits, adaptiveClip, bitWidth } = settings;
  const least = Math.max(2, Math.floor(minHonestSurvivors * expectedCohort(settings, members)));
  return {
    placement,
    distribution,
    noiseMultiplier,
    dimension,
    clip: 1,
    clients: largestCohort(settings, members),
    minHonestSurvivors: placement === 'central' ? 1 : least,
    modulusBits,
    bitWidth: adaptiveClip ? bitWidth : 0,
  };
}

/** The same as an aggregator takes it. */
export function privacyOf(settings: PrivacyUtilitySettings, noisy: NoisyCase, noiseMultiplier: number): SumPrivacy {
  // The number of those drawn would tell readers of the models who was.
  const divisor = expectedCohort(settings, noisy.members);
  return { ...noiseSettings(settings, noisy, noiseMultiplier, 1), divisor, fill: rateOf(settings) < 1 };
}

/**
 * The probability of taking part that the accountant may count: that of being drawn towards those who cannot know who
 * was; 1 towards the coordinator, who asks the members by name.
 */
export function rateOf({ against, cohort }: PrivacyUtilitySettings): number {
  return against === 'readers' ? cohort : 1;
}

/**
 * What the accountant is told towards those whom the budget is against: behind sampling, noise that was filled up and
 * tells nobody who was drawn.
 */
export function mechanismAgainst(settings: PrivacyUtilitySettings, plan: NoisePlan): NoisyMechanism {
  return mechanismOf(plan, rateOf(settings) < 1);
}

/** The least noise multiplier with which a budget lasts for all rounds. @throws CairnError `privacy-infeasible` */
export const calibrate = defineWorkerTask(
  import.meta.url,
  'calibrate',
  (input: {
    readonly settings: PrivacyUtilitySettings;
    readonly noisy: NoisyCase;
    readonly epsilon: number;
  }): number => {
    const { settings, noisy, epsilon } = input;
    const dimension = modelOf(settings.model).layout.size;
    const { delta, rounds } = settings;
    return minNoiseMultiplier({ epsilon, delta, rounds, rate: rateOf(settings) }, (noiseMultiplier) =>
      mechanismAgainst(settings, planNoise(noiseSettings(settings, noisy, noiseMultiplier, dimension))),
    );
  },
);
