import { z } from 'zod';
import { DEFAULT_COLLUDING, shareOf } from '../../protocol/schemes/secagg/index.ts';
import type { CairnError } from '../../protocol/errors.ts';
import { assertDrawable } from './draws.ts';
import { maxGroup } from '../../learning/index.ts';
import { strict } from './strict.ts';

const positive = z.number().gt(0);

/** Differential privacy of a task: who adds the noise, what may be spent, and how members are drawn. */
export const privacySchema = strict({
  /**
   * Who adds the noise: each member a share of it under the masks, or the coordinator all of it to the sum, which
   * protects against every party but the coordinator.
   */
  placement: z.enum(['distributed', 'central']).default('distributed'),
  distribution: z.enum(['discrete-gaussian', 'skellam']).default('discrete-gaussian'),
  /** Maximum ε of all rounds together towards readers of the models; training stops before it is exceeded. */
  epsilon: positive.max(1000),
  /** The δ for that ε: well below one over the number of members, or the log warns (`delta-above-members`). */
  delta: positive.max(0.01).default(1e-6),
  /**
   * z: standard deviation of the noise in a sum, divided by the most that one member can change it. Default: the
   * smallest with which the budget lasts for all rounds of the task.
   */
  noiseMultiplier: positive.max(1e6).optional(),
  /**
   * Probability with which each idle member is drawn for a round. Below 1, readers of the models cannot know who took
   * part, and a round costs less towards them; then `expected` is required.
   */
  sampling: positive.max(1).default(1),
  /** What sums are divided by, fixed before members are drawn: normally `sampling` times the number of members. */
  expected: positive.max(2 ** 21).optional(),
  /** Adapts the clip to the norms of updates, from a noisy share of those within it. */
  adaptiveClip: strict({
    /** Share of updates that should be within the clip. */
    quantile: z.number().min(0).max(1).default(0.5),
    /** How fast the clip moves. */
    rate: positive.max(10).default(0.2),
    /** Width of the coordinate that carries the share, as a part of the clip. */
    bitWidth: positive.max(1).default(0.2),
  }).optional(),
});

/** A task's privacy settings as in the file, with fields derived from others. */
export type PrivacyConfig = Readonly<z.infer<typeof privacySchema>> & {
  /** Members of the smallest sum minus those who may collude: the noise is sized for them. 1 if it is central. */
  readonly minHonestSurvivors: number;
};

/** Bits of a noisy sum's coordinate if the task sets none; a plan that needs more reports how many. */
export const NOISY_MODULUS_BITS = 20;

/**
 * Completes a task's privacy.
 * @throws CairnError made by `refuse` if colluders may make up a whole smallest sum, or if sampling has no fixed
 * divisor or is combined with groups
 */
export function completePrivacy(
  privacy: z.infer<typeof privacySchema> | undefined,
  task: {
    readonly cohort: number;
    readonly quorum: number;
    readonly groups: { readonly count: number } | undefined;
    readonly minCohort: number;
    readonly colluding: number;
    readonly rounds: number;
  },
  refuse: (message: string, hint: string) => CairnError,
): PrivacyConfig | undefined {
  if (privacy === undefined) return undefined;
  const { placement, sampling, expected } = privacy;
  if (sampling < 1 && expected === undefined) {
    throw refuse(
      'privacy.sampling is below 1, but privacy.expected is missing: a mean over those drawn would reveal who was',
      'set privacy.expected to sampling times the number of members',
    );
  }
  if (sampling === 1 && expected !== undefined) {
    throw refuse('privacy.expected is only used with privacy.sampling below 1', 'leave it out, or lower sampling');
  }
  if (sampling < 1 && task.groups !== undefined) {
    throw refuse(
      'privacy.sampling is below 1 with groups: one more member moves others to other groups, which costs more than accounted for',
      'leave privacy.sampling and privacy.expected out, or groups',
    );
  }
  if (expected !== undefined && (expected < task.minCohort || expected > task.cohort)) {
    throw refuse(
      `privacy.expected is ${expected}, but a draw must have ${task.minCohort} to ${task.cohort} members`,
      'choose cohort and minCohort well around the expected number',
    );
  }
  if (sampling < 1) assertDrawable(task.quorum, { ...task, ...privacy }, refuse);
  if (placement === 'central') return { ...privacy, minHonestSurvivors: 1 };
  // A client that assumes more colluders than the task does refuses its rounds.
  const colluding = Math.max(task.colluding, DEFAULT_COLLUDING);
  const colluders = shareOf(maxGroup(task), colluding);
  const minHonestSurvivors = task.minCohort - colluders;
  if (minHonestSurvivors < 1) {
    throw refuse(
      `privacy: in a sum of ${task.minCohort} out of ${maxGroup(task)} all may collude (colluding ${colluding}: clients assume at least ${DEFAULT_COLLUDING}), leaving no honest member’s noise`,
      `raise minCohort above ${colluders}, or lower colluding`,
    );
  }
  return { ...privacy, minHonestSurvivors };
}
