import { modelOf } from '../../engine/training.ts';
import { LOOKED, SESSION, TRAINED } from '../common/parameters.ts';
import type { PoisoningSettings } from './settings.ts';
import { trainingsOf } from './trainings.ts';

// Measured milliseconds of one core: a member's part in a round besides training, and a coordinate of its vector.
const MEMBER = 0.3;
const COORDINATE = 1.5e-5;

/** Approximate seconds that settings take on two cores. */
export function estimate(settings: PoisoningSettings): number {
  const { model, images, localEpochs, cohort, rounds, evaluateEvery, testImages, heldOut, aggregation } = settings;
  const trained = TRAINED[model];
  const session = aggregation === 'secure' ? SESSION : 0;
  const part = images * localEpochs * trained + MEMBER + modelOf(model).layout.size * COORDINATE + session;
  const looks = Math.ceil(rounds / evaluateEvery) * testImages * trained * LOOKED;
  const milliseconds = trainingsOf(settings).reduce(
    (sum, { defence }) => sum + rounds * (cohort * part + (defence.rollback ? heldOut * trained * LOOKED : 0)) + looks,
    0,
  );
  return milliseconds / 2 / 1000;
}
