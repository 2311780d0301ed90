import { z } from 'zod';
import { count, localTraining, looks, positive, share, TRAINING_IMAGES } from '../common/parameters.ts';

/** Parameters of privacy-utility. */
export const parameters = z.object({
  members: z.array(count.max(60_000)).min(1).default([300, 1000, 3000]).describe('numbers of members'),
  cohort: share.default(0.1).describe('probability with which each member is drawn for a round'),
  images: count.max(TRAINING_IMAGES).default(20).describe('images that each member holds'),
  rounds: count.max(100_000).default(60).describe('rounds of a training, unless the budget is spent earlier'),
  placement: z
    .array(z.enum(['none', 'central', 'distributed']))
    .min(1)
    .default(['none', 'central', 'distributed'])
    .describe('which side adds the noise: none, the coordinator to the sum, or each member a share of it'),
  epsilon: z.array(positive).min(1).default([0.25, 0.5, 1, 2, 4, 8]).describe('budgets ε of a whole training'),
  delta: z.number().gt(0).lt(1).default(1e-5).describe('the δ that goes with them'),
  against: z
    .enum(['readers', 'coordinator'])
    .default('readers')
    .describe(
      'parties that the budget holds against: readers, who see the models but not which members were drawn, or the coordinator and members too',
    ),
  noiseMultiplier: z
    .number()
    .min(0)
    .default(0)
    .describe(
      'noise of a round, divided by what one member can move; 0: the smallest with which the budget lasts for all rounds',
    ),
  distribution: z.enum(['discrete-gaussian', 'skellam']).default('discrete-gaussian').describe('of the noise'),
  minHonestSurvivors: share
    .default(0.8)
    .describe(
      'minimum share of an expected cohort in a sum, for which distributed noise is sized; with fewer there is no sum',
    ),
  modulusBits: z.int().min(8).max(32).default(16).describe('bits of a coordinate of the sum'),
  clip: positive.default(0.5).describe("maximum norm of a member's update; the initial one if it adapts"),
  adaptiveClip: z
    .boolean()
    .default(false)
    .describe('whether the clip follows the norms, by a noisy share of short ones'),
  quantile: z.number().min(0).max(1).default(0.5).describe('share of updates that an adaptive clip leaves unchanged'),
  clipRate: positive.default(0.2).describe('how fast an adaptive clip moves'),
  bitWidth: share.default(0.2).describe('width of the coordinate that reports the share, as a fraction of the clip'),
  aggregation: z
    .enum(['plain', 'secure'])
    .default('plain')
    .describe('sums in the open or through the sessions: the same bits, unless members drop'),
  dropout: z.number().min(0).lt(1).default(0).describe('probability with which a member drops in a round, with secure'),
  ...localTraining,
  learningRate: positive.default(0.5).describe('learning rate of members'),
  serverRate: positive.default(4).describe('learning rate of the coordinator: compensates for clipping'),
  evaluateEvery: count.default(10).describe('rounds between evaluations on the test set'),
  ...looks,
});

/** The settings of a run. */
export type PrivacyUtilitySettings = z.output<typeof parameters>;
