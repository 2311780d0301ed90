import { z } from 'zod';
import type { ModelName } from '../../engine/local-training.ts';

/** Images of MNIST to train on. */
export const TRAINING_IMAGES = 60_000;

/** A number of things: from 1. */
export const count = z.int().min(1);

/** A part of a whole, and not nothing. */
export const share = z.number().gt(0).max(1);

/** A number above 0. */
export const positive = z.number().gt(0);

/** How members train; their learning rate is each experiment's own. */
export const localTraining = {
  model: z
    .enum(['small', 'mlp', 'cnn'])
    .default('small')
    .describe('network: 3 322 parameters (small), 109 386 (mlp) or 105 194 (cnn)'),
  localEpochs: count.max(100).default(2).describe("passes over a member's images in a round"),
  batchSize: count.default(10).describe('examples of a step'),
};

/** How trainings are looked at, and how often they are run. */
export const looks = {
  testImages: count.max(10_000).default(10_000).describe('images of a look'),
  repeats: count.max(100).default(1).describe('trainings of each kind, with seeds of their own'),
};

/** Milliseconds of one core that an image takes in a member's training, as measured. */
export const TRAINED: Readonly<Record<ModelName, number>> = { small: 0.005, mlp: 0.15, cnn: 0.9 };

/** The same of an image that a model is looked at with, as a part of one in training. */
export const LOOKED = 0.4;

/** Milliseconds that a member's part in a round takes more through the sessions. */
export const SESSION = 20;
