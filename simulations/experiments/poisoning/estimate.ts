import { modelOf } from '../../engine/training.ts';
import type { PoisoningSettings } from './settings.ts';
import { trainingsOf } from './trainings.ts';

// Milliseconds of one core, as measured: an image in a member's training, what its part in a round takes besides, a
// coordinate of its vector, and the same through the sessions.
const TRAINED = { small: 0.005, mlp: 0.15, cnn: 0.9 };
const MEMBER = 0.3;
const COORDINATE = 1.5e-5;
const SESSION = 20;

// An image of a look, as a part of one in training.
const LOOKED = 0.4;

/** Seconds that settings take on two cores, roughly. */
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
