import { planNoise } from '../../../protocol/privacy/index.ts';
import { modelOf } from '../../engine/local-training.ts';
import { defineExperiment } from '../../laboratory/experiment.ts';
import { checkLooks, checkOnce, invalid } from '../../laboratory/settings.ts';
import { LOOKED, SESSION, TRAINED, TRAINING_IMAGES } from '../common/parameters.ts';
import { expectedCohort, noiseSettings } from './noise.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import { parameters, type PrivacyUtilitySettings } from './settings.ts';
import { summarise } from './summary.ts';
import { trainingsOf } from './trainings.ts';

/** With fewer, rounds would too often be empty. */
const MIN_COHORT = 5;

/**
 * Refuses settings that cannot work together.
 * @throws CairnError `settings-invalid` naming the bound; `privacy-infeasible` if no grid fits the noise
 */
function check(settings: PrivacyUtilitySettings): void {
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

// Measured milliseconds of one core: a member's part in a round besides training, and a coordinate of its noise.
const MEMBER = 0.13;
const COORDINATE = 7e-5;

// Finding a noise multiplier, and the additional cost of each share of the noise.
const CALIBRATED = 250;
const SHARE = 5;

/** Approximate seconds that settings take on two cores. */
function estimate(settings: PrivacyUtilitySettings): number {
  const { model, images, localEpochs, cohort, rounds, evaluateEvery, testImages, aggregation } = settings;
  const trained = TRAINED[model];
  const dimension = modelOf(model).layout.size;
  const milliseconds = trainingsOf(settings).reduce((sum, { members, placement, epsilon }) => {
    const noise = epsilon === null ? 0 : dimension * COORDINATE;
    const session = aggregation === 'secure' ? SESSION : 0;
    const part = images * localEpochs * trained + MEMBER + noise + session;
    const looks = (rounds / evaluateEvery) * testImages * trained * LOOKED;
    const shares = placement === 'distributed' ? members * cohort : 0;
    const calibrating = epsilon === null || settings.noiseMultiplier > 0 ? 0 : CALIBRATED + SHARE * shares;
    return sum + rounds * members * cohort * part + looks + calibrating;
  }, 0);
  return milliseconds / 2 / 1000;
}

/** The cost of user-level differential privacy: accuracy over ε, with noise by the coordinator and by the members. */
export const privacyUtility = defineExperiment({
  name: 'privacy-utility',
  title: 'Privacy and utility: accuracy over ε with noise by the coordinator, by the members, and without',
  parameters,
  presets: {
    quick: {},
    paper: {
      members: [600, 2000, 6000],
      images: 10,
      rounds: 200,
      epsilon: [0.25, 0.5, 1, 2, 4, 8, 16],
      repeats: 3,
    },
  },
  needsMnist: true,
  estimate,
  check,
  run,
  summarise,
  report,
});
