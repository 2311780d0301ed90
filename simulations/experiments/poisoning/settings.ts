import { z } from 'zod';
import { count, localTraining, looks, positive, TRAINING_IMAGES } from '../common/parameters.ts';

/** What attackers do: see `attackerUpdate`. */
export const ATTACKS = ['sign-flip', 'noise', 'label-flip'] as const;

/** Rules that combine the means of groups into one update. */
export const RULES = ['median', 'trimmed-mean', 'norm-filter'] as const;

/** Parameters of poisoning. */
export const parameters = z.object({
  members: count.min(10).max(TRAINING_IMAGES).default(100).describe('members of the federation'),
  cohort: count.min(9).max(TRAINING_IMAGES).default(60).describe('members drawn for a round'),
  images: count.max(TRAINING_IMAGES).default(60).describe('images that each member holds'),
  alpha: z
    .number()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe('concentration of uneven shards (Dirichlet over classes); 0: all shards are alike'),
  attackers: z
    .array(z.number().min(0).max(0.5))
    .min(1)
    .default([0, 0.05, 0.1, 0.2, 0.3])
    .describe('shares of attacking members'),
  attacks: z
    .array(z.enum(ATTACKS))
    .min(1)
    .default([...ATTACKS])
    .describe('attacks'),
  begin: count.default(9).describe('first round in which they attack; before it they behave like all others'),
  boost: positive.default(20).describe('factor by which sign-flip multiplies its update, which is not clipped'),
  noise: positive.default(500).describe('length of what noise sends, divided by the clip'),
  rules: z
    .array(z.enum(RULES))
    .default([...RULES])
    .describe('rules over the means of groups, besides the mean of all'),
  groups: z
    .array(z.int().min(3).max(1000))
    .default([6, 12, 20])
    .describe('numbers of groups into which a cohort is split'),
  trim: z.number().min(0).max(0.49).default(0.3).describe('share of groups trimmed on either side by trimmed-mean'),
  factor: z
    .number()
    .min(1)
    .default(2)
    .describe('maximum ratio to the median length with which norm-filter accepts a group'),
  rollback: z.boolean().default(true).describe('whether held-out rollback is tried too, alone and after a median'),
  tolerance: z
    .number()
    .min(0)
    .default(0.05)
    .describe('loss in nats by which a new model may be worse on the held-out images'),
  heldOut: count.max(10_000).default(500).describe('held-out images used by rollback'),
  rounds: count.max(100_000).default(24).describe('rounds of a training; a round that is rolled back counts as one'),
  clip: positive.default(2).describe("maximum norm of an honest member's update"),
  inputBits: z.int().min(2).max(31).default(16).describe('bits of a quantized coordinate'),
  ...localTraining,
  learningRate: positive.default(0.2).describe('learning rate of members'),
  aggregation: z
    .enum(['plain', 'secure'])
    .default('plain')
    .describe('sums of quantized words in the open or through the sessions: the same bits'),
  evaluateEvery: count.default(4).describe('rounds between evaluations on the test set'),
  ...looks,
});

/** The settings of a run. */
export type PoisoningSettings = z.output<typeof parameters>;
