import type { Aggregate, LocalResult } from '../../protocol/quantize/index.ts';
import type { Drop } from '../../protocol/schemes/secagg/index.ts';
import type { Primitives, RandomSource } from '../../protocol/crypto/index.ts';
import type { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { ClipTracking, NoisePlan } from '../../protocol/privacy/index.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';
import type { VirtualMembership } from './members.ts';
import type { SumPrivacy } from './noisy-rounds.ts';
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
   * loss and accuracy, which are NaN.
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
