import { privacyUtility } from '../../../simulations/experiments/privacy-utility/index.ts';
import type { PrivacyUtilitySettings } from '../../../simulations/experiments/privacy-utility/settings.ts';
import { readSettings } from '../../../simulations/laboratory/settings.ts';

/** Trainings of seconds: 30 members of 10 images, half of whom are drawn. Skellam noise is counted fastest. */
export const tiny = (given: Partial<PrivacyUtilitySettings> = {}): PrivacyUtilitySettings =>
  readSettings(privacyUtility, {
    given: {
      members: [30],
      cohort: 0.5,
      images: 10,
      rounds: 8,
      evaluateEvery: 3,
      testImages: 300,
      epsilon: [1, 100],
      distribution: 'skellam',
      minHonestSurvivors: 0.5,
      ...given,
    },
  });
