import type { LocalResult } from '../../protocol/quantize/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { adaptClip } from '../../protocol/privacy/index.ts';
import type { Aggregator, AggregatorOptions, RoundConditions } from './aggregation.ts';
import { NoisyRounds } from './noisy-rounds.ts';
import { runNoisy, runPlain, runSecure } from './one-aggregation.ts';

export type { Aggregation, AggregationMode, Aggregator, AggregatorOptions, RoundConditions } from './aggregation.ts';

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
