import type { Primitives, RandomSource } from '../../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { adaptClip, type ClipTracking, type NoisePlan } from '../../protocol/privacy/index.ts';
import {
  type Aggregate,
  decodeSum,
  encodeUpdate,
  type LocalResult,
  minModulusBits,
} from '../../protocol/quantize/index.ts';
import type { Drop } from '../../protocol/rounds/index.ts';
import { NO_HASH, type RoundSettings } from '../../protocol/wire/index.ts';
import { type VirtualMembership, virtualSettings } from './virtual-task.ts';
import { NoisyRounds, type SumPrivacy } from './noisy-rounds.ts';
import { runVirtualRound, type VirtualRoundOptions } from './round.ts';
import { plainAggregate, plainSum } from './plain-sums.ts';

/** How updates of one round are summed: in the clear, or through the real sessions. */
export type AggregationMode = 'plain' | 'secure';

/** What an aggregator is made with. */
export interface AggregatorOptions {
  readonly mode: AggregationMode;
  readonly primitives: Primitives;
  /** The source of keys, masks, nonces and rounding. */
  readonly random: RandomSource;
  /** Number of model parameters. */
  readonly dimension: number;
  /** Maximum L2 norm of one member's update, 0 < clip; longer ones are scaled down to it, in either mode. */
  readonly clip: number;
  /** The number of examples that has weight 1 in {@link Aggregator.mean}; more count as that many. Default 1000. */
  readonly maxExamples?: number;
  /** Other settings of the rounds: those not named are as in {@link virtualSettings}. */
  readonly settings?: Partial<
    Pick<
      RoundSettings,
      'suite' | 'task' | 'adversary' | 'graph' | 'colludingPpm' | 'dropoutPpm' | 'threshold' | 'minCohort' | 'inputBits'
    >
  >;
  /** Needed by active rounds. */
  readonly membership?: VirtualMembership;
  /**
   * Noise in every sum. Members then have equal weight, and only update and noise are sent: a mean has no examples,
   * loss and accuracy, which are NaN.
   */
  readonly privacy?: SumPrivacy;
  /**
   * Adapts the clip to the share of updates that were short enough, from the first clip on: the noisy share if there is
   * privacy, which then needs a `bitWidth`, else the exact one.
   */
  readonly tracking?: ClipTracking;
}

/** What happens in one round besides the sum. */
export type RoundConditions = Partial<Pick<VirtualRoundOptions, 'faults' | 'seed' | 'network' | 'deadlines'>>;

/** How a round of an aggregator ended. */
export interface Aggregation {
  /** Members whose updates count, ascending; none if the round failed. */
  readonly included: readonly MemberId[];
  readonly drops: readonly Drop[];
  /** Why there is no sum; undefined if there is one. */
  readonly error: CairnError | undefined;
  /** How many of the updates were longer than the clip. */
  readonly clipped: number;
  /** Of all members together; 0 in plain mode. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** Sums the updates of the members of a round. In plain mode all members count and none drops. */
export interface Aggregator {
  readonly mode: AggregationMode;
  /** The clip of the next round. */
  readonly clip: number;
  /** The noise of every round, in units of its clip, for the accountant. Undefined without privacy. */
  readonly plan: NoisePlan | undefined;
  /**
   * The sum of the clipped updates of the members that count: `dimension` values.
   * @throws CairnError of the round if it ends without a sum; `update-shape`, `update-not-finite`
   */
  sum(
    updates: ReadonlyMap<MemberId, Float32Array>,
    conditions?: RoundConditions,
  ): Aggregation & { readonly sum: Float32Array };
  /**
   * The mean of the clipped updates weighted by examples, with loss and accuracy, as a production round commits it;
   * undefined if the round ends without a sum.
   * @throws CairnError `update-shape`, `update-not-finite`, `data-empty`: an update that no client would send
   */
  mean(
    results: ReadonlyMap<MemberId, LocalResult>,
    conditions?: RoundConditions,
  ): Aggregation & { readonly aggregate: Aggregate | undefined };
}

/**
 * An aggregator for rounds of members with any ids. `secure` quantizes, masks, sums and opens each round through the
 * production sessions, whose sum differs from the plain one by rounding alone: at most one step of 2·clip/2^inputBits
 * for each member and coordinate. With privacy the sums of both modes are equal to the bit, unless a member drops.
 * @throws CairnError `privacy-infeasible`, `settings-invalid` for privacy that is infeasible; `settings-invalid`,
 * `overflow-budget`, on running a round that cannot be run
 */
export function createAggregator(options: AggregatorOptions): Aggregator {
  const { mode, tracking, privacy, dimension } = options;
  let { clip } = options;
  const noise =
    privacy === undefined ? undefined : new NoisyRounds(options.primitives, privacy, dimension, options.random);
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
      if (aggregate === undefined)
        throw round.error ?? new CairnError('internal', 'a round has neither a sum nor an error');
      const { totalWeight, update } = aggregate;
      return { ...round, sum: update.map((value) => value * totalWeight) };
    },
    mean: (results, conditions = {}) => run(options.maxExamples ?? 1000, results, conditions),
  };
}

/** The options of an aggregator, and its clip in this round. */
type Current = AggregatorOptions & { readonly maxExamples: number };

/** A round, and the share of its updates that were short enough; undefined if that is not known. */
type Ended = ReturnType<Aggregator['mean']> & { readonly unclipped: number | undefined };

type Run = (options: Current, results: ReadonlyMap<MemberId, LocalResult>, conditions: RoundConditions) => Ended;

const ascending = (results: ReadonlyMap<MemberId, LocalResult>): MemberId[] =>
  [...results.keys()].sort((a, b) => a - b);

const IN_THE_OPEN = { drops: [], error: undefined, bytesUp: 0, bytesDown: 0 } as const;

/** A round in the clear: all members count. */
const runPlain: Run = (options, results) => {
  const round = plainAggregate(options, results);
  return { ...round, ...IN_THE_OPEN, unclipped: 1 - round.clipped / round.included.length };
};

/** A round through the production sessions. */
const runSecure: Run = (options, results, conditions) => {
  const { random, dimension, clip, maxExamples } = options;
  const members = ascending(results);
  const maxCohort = Math.max(2, members.length);
  const inputBits = options.settings?.inputBits ?? 16;
  const modulusBits = minModulusBits(inputBits, maxCohort);
  const settings = settingsOf(options, { dimension, clip, maxExamples, maxCohort, inputBits, modulusBits });
  let clipped = 0;
  const inputOf = (member: MemberId): Uint32Array => {
    const { values, clippedBy } = encodeUpdate(settings, results.get(member)!, random);
    if (clippedBy < 1) clipped++;
    return values;
  };
  const { sum, ...round } = throughSessions(options, settings, members, inputOf, conditions);
  return decoded({ ...round, clipped }, sum, (words) => ({
    aggregate: decodeSum(settings, words, round.included.length),
    unclipped: 1 - clipped / members.length,
  }));
};

/** A round with noise, in either mode: the same vectors are added, with masks or without. */
function runNoisy(
  options: Current,
  noise: NoisyRounds,
  results: ReadonlyMap<MemberId, LocalResult>,
  conditions: RoundConditions,
): Ended {
  const { clip } = options;
  const members = ascending(results);
  const { plan } = noise;
  const { encode, decode } = noise.begin(members);
  // A sum of fewer members is not opened: its noise would be too small.
  const least = plan.placement === 'distributed' ? plan.minHonestSurvivors : 1;
  if (members.length < least) {
    const error = new CairnError(
      'privacy-noise',
      `the round has ${members.length} members, but its noise was sized for ${least}`,
    );
    return { ...IN_THE_OPEN, error, included: [], clipped: 0, aggregate: undefined, unclipped: undefined };
  }
  const settings = settingsOf(options, {
    ...noise.settings,
    clip,
    maxExamples: 1,
    minCohort: Math.max(2, least, options.settings?.minCohort ?? 2),
    maxCohort: Math.max(2, plan.clients),
  });
  let clipped = 0;
  const inputOf = (member: MemberId): Uint32Array => {
    const { values, clippedBy } = encode(settings, member, results.get(member)!);
    if (clippedBy < 1) clipped++;
    return values;
  };
  const { sum, ...round } =
    options.mode === 'plain'
      ? { ...IN_THE_OPEN, included: members, sum: plainSum(settings, members, inputOf) }
      : throughSessions(options, settings, members, inputOf, conditions);
  return decoded({ ...round, clipped }, sum, (words) => decode(settings, words, round.included.length));
}

function settingsOf({ random, settings, membership }: Current, named: Partial<RoundSettings>): RoundSettings {
  return virtualSettings(random, {
    ...settings,
    ...named,
    directoryHash: membership?.directory.hash ?? NO_HASH,
  });
}

type RoundSum = Omit<Aggregation, 'clipped'> & { readonly sum: Uint32Array | undefined };

function throughSessions(
  { primitives, random, membership }: Current,
  settings: RoundSettings,
  members: readonly MemberId[],
  inputOf: (member: MemberId) => Uint32Array,
  conditions: RoundConditions,
): RoundSum {
  const { included, drops, up, down, sum, error } = runVirtualRound({
    primitives,
    random,
    settings,
    members,
    inputOf,
    ...(membership === undefined ? {} : { membership }),
    ...conditions,
  });
  return { included, drops, bytesUp: up.total, bytesDown: down.total, sum, error };
}

function decoded(
  round: Aggregation,
  sum: Uint32Array | undefined,
  decode: (sum: Uint32Array) => Pick<Ended, 'aggregate' | 'unclipped'>,
): Ended {
  if (sum === undefined) return { ...round, aggregate: undefined, unclipped: undefined };
  try {
    return { ...round, error: undefined, ...decode(sum) };
  } catch (thrown) {
    return { ...round, included: [], error: asCairnError(thrown), aggregate: undefined, unclipped: undefined };
  }
}
