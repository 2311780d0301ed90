import { modelOf } from '../../engine/training.ts';
import { LOOKED, SESSION, TRAINED } from '../common/parameters.ts';
import type { PrivacyUtilitySettings } from './settings.ts';
import { trainingsOf } from './trainings.ts';

// Measured milliseconds of one core: a member's part in a round besides training, and a coordinate of its noise.
const MEMBER = 0.13;
const COORDINATE = 7e-5;

// Finding a noise multiplier, and the additional cost of each share of the noise.
const CALIBRATED = 250;
const SHARE = 5;

/** Approximate seconds that settings take on two cores. */
export function estimate(settings: PrivacyUtilitySettings): number {
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
