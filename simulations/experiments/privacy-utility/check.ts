import { planNoise } from '../../../protocol/privacy/index.ts';
import { modelOf } from '../../engine/training.ts';
import { checkLooks, checkOnce, invalid } from '../../laboratory/settings.ts';
import { TRAINING_IMAGES } from '../common/parameters.ts';
import { expectedCohort } from './cohorts.ts';
import { noiseSettings } from './noise.ts';
import type { PrivacyUtilitySettings } from './settings.ts';

/** With fewer, rounds would too often be empty. */
const MIN_COHORT = 5;

/**
 * Refuses settings that cannot work together.
 * @throws CairnError `settings-invalid` naming the bound; `privacy-infeasible` if no grid fits the noise
 */
export function check(settings: PrivacyUtilitySettings): void {
  const { members, cohort, images, placement, epsilon, against, aggregation, dropout, minHonestSurvivors } = settings;
  checkOnce({ members, placement, epsilon });
  const most = Math.max(...members);
  if (most * images > TRAINING_IMAGES)
    throw invalid(
      `images: at most ${Math.floor(TRAINING_IMAGES / most)} for each of ${most} members, got ${images}`,
      'lower images or members: no image has two holders',
    );
  const least = Math.min(...members);
  if (least * cohort < MIN_COHORT)
    throw invalid(
      `cohort: ${least} members with probability ${cohort} are ${least * cohort} in a round, fewer than ${MIN_COHORT}`,
      `raise cohort to ${MIN_COHORT / least} or members to ${Math.ceil(MIN_COHORT / cohort)}`,
    );
  checkLooks(settings);
  if (against === 'coordinator' && placement.includes('central'))
    throw invalid(
      'against: noise that the coordinator adds does not protect from the coordinator',
      'remove central from placement, or count against readers',
    );
  if (dropout > 0 && aggregation === 'plain')
    throw invalid(`dropout: members do not drop in the open, got ${dropout}`, 'set aggregation to secure');
  if (placement.includes('distributed') && dropout > 1 - minHonestSurvivors)
    throw invalid(
      `dropout: at most ${1 - minHonestSurvivors} if the noise is sized for ${minHonestSurvivors} of a cohort, got ${dropout}`,
      'lower dropout or minHonestSurvivors: most rounds would have no sum',
    );
  const dimension = modelOf(settings.model).layout.size;
  for (const n of members)
    for (const place of placement)
      if (place !== 'none') {
        if (place === 'distributed' && minHonestSurvivors * expectedCohort(settings, n) < 2)
          throw invalid(
            `minHonestSurvivors: ${minHonestSurvivors} of ${expectedCohort(settings, n)} are fewer than 2`,
            'raise minHonestSurvivors or cohort',
          );
        planNoise(noiseSettings(settings, { members: n, placement: place }, settings.noiseMultiplier || 1, dimension));
      }
}
