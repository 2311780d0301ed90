import { z } from 'zod';
import { CairnError } from '../../protocol/errors.ts';
import { issueLine } from '../../protocol/issues.ts';
import { didYouMean } from '../../protocol/suggest.ts';

const shape = {
  epochs: z.int().min(1).max(10_000).default(1),
  batchSize: z.int().min(1).max(1_000_000).default(32),
  learningRate: z.number().gt(0).optional(),
  momentum: z.number().min(0).lt(1).default(0),
  optimiser: z.enum(['sgd', 'adam']).default('sgd'),
  proxMu: z.number().min(0).default(0),
};

const schema = z.strictObject(shape);
const KEYS = Object.keys(shape);

/** A task's options for local training with the built-in engine. */
export interface EngineOptions {
  /** Passes over the local data, at least 1. Default 1. */
  readonly epochs: number;
  /** Examples per step, at least 1. Default 32. */
  readonly batchSize: number;
  /** Step size. Default 0.05 for sgd, 0.001 for adam. */
  readonly learningRate: number;
  /** Fraction of the velocity kept from step to step, from 0 to below 1; sgd only. Default 0. */
  readonly momentum: number;
  /** The step rule. Default sgd. */
  readonly optimiser: 'sgd' | 'adam';
  /** FedProx (Li et al. 2020): the weight of the pull towards the round's model. Default 0: none. */
  readonly proxMu: number;
}

const RATES = { sgd: 0.05, adam: 0.001 } as const;

/**
 * Reads a task's training options for the engine.
 * @throws CairnError `settings-invalid` naming the option; for an unknown one, also the key that was probably meant
 */
export function parseEngineOptions(options: Readonly<Record<string, unknown>>): EngineOptions {
  const parsed = schema.safeParse(options);
  if (parsed.success) {
    const { learningRate, ...rest } = parsed.data;
    const step = learningRate ?? RATES[rest.optimiser];
    if (rest.optimiser === 'sgd' && step * rest.proxMu > 1) {
      throw new CairnError(
        'settings-invalid',
        `training.proxMu: ${rest.proxMu} at a learning rate of ${step} throws the model past the one it is pulled to`,
        { hint: 'keep learningRate × proxMu at 1 or below in the task’s training options' },
      );
    }
    if (rest.optimiser === 'adam' && rest.momentum !== 0) {
      throw new CairnError('settings-invalid', 'training.momentum: only sgd supports it, but optimiser is "adam"', {
        hint: 'leave momentum out of the task’s training options',
      });
    }
    return { ...rest, learningRate: learningRate ?? RATES[rest.optimiser] };
  }
  const unknown = parsed.error.issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown !== undefined) {
    const [key] = unknown.keys;
    throw new CairnError('settings-invalid', `training: unknown option "${key}"; ${didYouMean(key!, KEYS)}`, {
      hint: 'the fault is the coordinator’s: have its operator correct the task’s training options in its configuration',
    });
  }
  const [issue] = parsed.error.issues;
  throw new CairnError('settings-invalid', `training.${issueLine(issue!, options)}`, {
    hint: 'the fault is the coordinator’s: have its operator correct the task’s training options in its configuration',
  });
}
