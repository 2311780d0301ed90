import type { NoisePlan, NoiseSettings, NoisyMechanism } from '../../../protocol/privacy/index.ts';
import { minNoiseMultiplier, mechanismOf, planNoise } from '../../../protocol/privacy/index.ts';
import type { SumPrivacy } from '../../engine/noisy-rounds.ts';
import { modelOf } from '../../engine/training.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import { expectedCohort, largestCohort } from './cohorts.ts';
import type { PrivacyUtilitySettings } from './settings.ts';

/** The number of members, and the party that adds the noise. */
export interface NoisyCase {
  readonly members: number;
  readonly placement: 'central' | 'distributed';
}

/** A training's noise as input to the plan, in units of the clip. */
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

/** The same as input to an aggregator. */
export function privacyOf(settings: PrivacyUtilitySettings, noisy: NoisyCase, noiseMultiplier: number): SumPrivacy {
  // The number of members drawn would tell readers of the models which ones were.
  const divisor = expectedCohort(settings, noisy.members);
  return { ...noiseSettings(settings, noisy, noiseMultiplier, 1), divisor, fill: rateOf(settings) < 1 };
}

/**
 * The sampling probability that the accountant may use: that of being drawn, towards parties that cannot know which
 * members were; 1 towards the coordinator, which invites the members by name.
 */
export function rateOf({ against, cohort }: PrivacyUtilitySettings): number {
  return against === 'readers' ? cohort : 1;
}

/**
 * The mechanism given to the accountant for the parties that the budget holds against: with sampling, noise that was
 * topped up and does not reveal which members were drawn.
 */
export function mechanismAgainst(settings: PrivacyUtilitySettings, plan: NoisePlan): NoisyMechanism {
  return mechanismOf(plan, rateOf(settings) < 1);
}

/** The smallest noise multiplier with which a budget lasts for all rounds. @throws CairnError `privacy-infeasible` */
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
