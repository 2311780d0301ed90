import { modelOf } from '../../engine/training.ts';
import type { PrivacyUtilitySettings } from './settings.ts';
import { trainingsOf } from './trainings.ts';

// Milliseconds of one core, as measured: an image in a member's training and in a look, what a member's part takes
// besides, a coordinate of a member's noise, and finding a noise multiplier.
const TRAINED = { small: 0.006, mlp: 0.06, cnn: 0.45 };
const MEMBER = 0.2;
const COORDINATE = 1e-4;
const CALIBRATED = 2000;

/** Of a member's part in a round through the sessions. */
const SESSION = 30;

/** Seconds that settings take on two cores, roughly. */
export function estimate(settings: PrivacyUtilitySettings): number {
  const { model, images, localEpochs, cohort, rounds, evaluateEvery, testImages, aggregation } = settings;
  const trained = TRAINED[model];
  const dimension = modelOf(model).layout.size;
  const milliseconds = trainingsOf(settings).reduce((sum, { members, epsilon }) => {
    const noise = epsilon === null ? 0 : dimension * COORDINATE;
    const session = aggregation === 'secure' ? SESSION : 0;
    const part = images * localEpochs * trained + MEMBER + noise + session;
    const looks = (rounds / evaluateEvery) * testImages * trained * 0.4;
    const calibrating = epsilon === null || settings.noiseMultiplier > 0 ? 0 : CALIBRATED;
    return sum + rounds * members * cohort * part + looks + calibrating;
  }, 0);
  return milliseconds / 2 / 1000;
}
