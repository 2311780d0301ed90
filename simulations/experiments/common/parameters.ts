import { z } from 'zod';
import type { ModelName } from '../../engine/training.ts';

/** Images of MNIST to train on. */
export const TRAINING_IMAGES = 60_000;

/** A count: from 1. */
export const count = z.int().min(1);

/** A fraction of a whole, above 0. */
export const share = z.number().gt(0).max(1);

/** A number above 0. */
export const positive = z.number().gt(0);

/** How members train; each experiment sets its own learning rate. */
export const localTraining = {
  model: z
    .enum(['small', 'mlp', 'cnn'])
    .default('small')
    .describe('network: 3 322 parameters (small), 109 386 (mlp) or 105 194 (cnn)'),
  localEpochs: count.max(100).default(2).describe("passes over a member's images per round"),
  batchSize: count.default(10).describe('examples per step'),
};

/** How trainings are evaluated, and how often they are run. */
export const looks = {
  testImages: count.max(10_000).default(10_000).describe('images per evaluation'),
  repeats: count.max(100).default(1).describe('trainings of each kind, with different seeds'),
};

/** Measured milliseconds of one core per image in a member's training. */
export const TRAINED: Readonly<Record<ModelName, number>> = { small: 0.005, mlp: 0.15, cnn: 0.9 };

/** The cost of an image in an evaluation, as a fraction of one in training. */
export const LOOKED = 0.4;

/** Extra milliseconds of a member's part in a round through the sessions. */
export const SESSION = 20;
