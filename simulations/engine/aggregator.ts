import type { Aggregate, LocalResult } from '../../protocol/aggregation/quantize/index.ts';
import type { Drop } from '../../protocol/aggregation/server/index.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import type { RandomSource } from '../../protocol/crypto/random.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { adaptClip, type ClipTracking, type NoisePlan } from '../../protocol/privacy/index.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import type { VirtualMembership } from './members.ts';
import { NoisyRounds, type SumPrivacy } from './noisy-rounds.ts';
import { runNoisy, runPlain, runSecure } from './one-aggregation.ts';
import type { VirtualRoundOptions } from './round.ts';

/** How updates of one round become one: in the open, or through the real sessions. */
export type AggregationMode = 'plain' | 'secure';

/** What an aggregator is made with. */
export interface AggregatorOptions {
  readonly mode: AggregationMode;
  readonly primitives: Primitives;
  /** Where keys, masks, nonces and rounding come from. */
  readonly random: RandomSource;
  /** Number of model parameters. */
  readonly dimension: number;
  /** Greatest L2 norm of one member's update, 0 < clip; longer ones are scaled down to it, in either mode. */
  readonly clip: number;
  /** The number of examples that has weight 1 in {@link Aggregator.mean}; more count as that many. Default 1000. */
  readonly maxExamples?: number;
  /** Other settings of the rounds: what is not named is as in {@link virtualSettings}. */
  readonly settings?: Partial<
    Pick<
      RoundSettings,
      'suite' | 'task' | 'adversary' | 'graph' | 'colludingPpm' | 'dropoutPpm' | 'threshold' | 'minCohort' | 'inputBits'
    >
  >;
  /** Needed by active rounds. */
  readonly membership?: VirtualMembership;
  /**
   * Noise in every sum. Members then weigh the same, and nothing but update and noise is sent: a mean has no examples,
   * loss and accuracy, which are NaN. The metrics' coordinates of the masked vector are zero.
   */
  readonly privacy?: SumPrivacy;
  /**
   * Lets the clip follow the share of updates that were short enough, from the first clip on: the noisy share where
   * there is privacy, which then needs a `bitWidth`, else the exact one.
   */
  readonly tracking?: ClipTracking;
}

/** What happens in one round besides the sum. */
export type RoundConditions = Partial<Pick<VirtualRoundOptions, 'faults' | 'seed' | 'network' | 'deadlines'>>;

/** How a round of an aggregator ended. */
export interface Aggregation {
  /** Whose updates count, ascending; nobody's where the round failed. */
  readonly included: readonly MemberId[];
  readonly drops: readonly Drop[];
  /** Why there is no sum; undefined where there is one. */
  readonly error: CairnError | undefined;
  /** How many of the updates were longer than the clip. */
  readonly clipped: number;
  /** Of all members together; 0 in plain mode. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** Sums the updates of the members of a round. In plain mode everybody counts and nobody drops. */
export interface Aggregator {
  readonly mode: AggregationMode;
  /** The clip of the next round. */
  readonly clip: number;
  /** The noise of every round, in units of its clip: what the accountant is told. Undefined without privacy. */
  readonly plan: NoisePlan | undefined;
  /**
   * The sum of the clipped updates of those who count: `dimension` values.
   * @throws CairnError of the round where it ends without a sum; `update-shape`, `update-not-finite`
   */
  sum(
    updates: ReadonlyMap<MemberId, Float32Array>,
    conditions?: RoundConditions,
  ): Aggregation & { readonly sum: Float32Array };
  /**
   * The mean of the clipped updates weighted by examples, with loss and accuracy, as a production round commits it;
   * undefined where the round ends without a sum.
   * @throws CairnError `update-shape`, `update-not-finite`, `data-empty`: an update that no client would send
   */
  mean(
    results: ReadonlyMap<MemberId, LocalResult>,
    conditions?: RoundConditions,
  ): Aggregation & { readonly aggregate: Aggregate | undefined };
}

/**
 * An aggregator for rounds of members with any ids. `secure` quantizes, masks, sums and opens each round through the
 * sessions of production, whose sum differs from the plain one by rounding alone: one step of 2·clip/2^inputBits for
 * each member and coordinate at most. With privacy the sums of both modes are equal to the bit, unless somebody drops.
 * @throws CairnError `privacy-infeasible`, `settings-invalid` for privacy that cannot be had; `settings-invalid`,
 * `overflow-budget`, when a round is run that cannot be
 */
export function createAggregator(options: AggregatorOptions): Aggregator {
  const { mode, tracking, privacy, dimension } = options;
  let { clip } = options;
  const noise = privacy === undefined ? undefined : new NoisyRounds(privacy, dimension, options.random);
  const run = (maxExamples: number, results: ReadonlyMap<MemberId, LocalResult>, conditions: RoundConditions) => {
    const current = { ...options, maxExamples, clip };
    const { unclipped, ...round } =
      noise !== undefined
        ? runNoisy(current, noise, results, conditions)
        : (mode === 'plain' ? runPlain : runSecure)(current, results, conditions);
    if (tracking !== undefined && unclipped !== undefined) clip = adaptClip(clip, unclipped, tracking);
    return round;
  };
  return {
    mode,
    get clip() {
      return clip;
    },
    plan: noise?.plan,
    sum(updates, conditions = {}) {
      const results = new Map(
        [...updates].map(([member, update]) => [member, { update, examples: 1, loss: 0, accuracy: 0 }]),
      );
      const { aggregate, ...round } = run(1, results, conditions);
      if (aggregate === undefined) throw round.error ?? new CairnError('internal', 'a round without sum and error');
      const { totalWeight, update } = aggregate;
      return { ...round, sum: update.map((value) => value * totalWeight) };
    },
    mean: (results, conditions = {}) => run(options.maxExamples ?? 1000, results, conditions),
  };
}
