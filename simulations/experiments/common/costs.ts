import type { ModelName } from '../../engine/training.ts';

/** Milliseconds of one core that an image takes in a member's training, as measured. */
export const TRAINED: Readonly<Record<ModelName, number>> = { small: 0.005, mlp: 0.15, cnn: 0.9 };

/** The same of an image that a model is looked at with, as a part of one in training. */
export const LOOKED = 0.4;

/** Milliseconds that a member's part in a round takes more through the sessions. */
export const SESSION = 20;
