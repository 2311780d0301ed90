import type { Aggregate, LocalResult } from '../../protocol/aggregation/quantize/index.ts';
import { type RandomSource } from '../../protocol/crypto/random.ts';
import { unsafeSeededRandom } from '../../protocol/crypto/seeded.ts';
import { SIZES } from '../../protocol/crypto/suite.ts';
import type { MemberId } from '../../protocol/ids.ts';
import {
  addCentralNoise,
  createNoiseSampler,
  decodeNoisy,
  encodeNoisy,
  type NoisePlan,
  type NoiseSampler,
  type NoiseSettings,
  planNoise,
} from '../../protocol/privacy/index.ts';

/** What makes the sums of an aggregator differentially private. */
export interface SumPrivacy extends Pick<
  NoiseSettings,
  'placement' | 'distribution' | 'noiseMultiplier' | 'clients' | 'leastSurvivors'
> {
  /** b: sums are taken mod 2^b, 8 to 32. Default 16. */
  readonly modulusBits?: number;
  /** Width of the coordinate that adaptive clipping needs, as a part of the clip. Default 0: there is none. */
  readonly bitWidth?: number;
  /**
   * What a sum is divided by to make a mean of it. Default the number of updates in it; a number that is fixed before
   * members are drawn keeps from those who see the mean how many were drawn.
   */
  readonly divisor?: number;
}

/** One round's way from updates to a noisy mean. */
export interface NoisyRound {
  readonly plan: NoisePlan;
  /** A member's vector, ready to be masked or added: `plan.length` words. */
  encode(member: MemberId): Uint32Array;
  /** How many of the updates encoded so far were longer than the clip. */
  clipped(): number;
  /**
   * The mean that a sum of `count` vectors holds, and the noisy share of them that was short enough. The sum is changed.
   * @throws CairnError `privacy-noise`, `overflow-budget` for another count than the plan is for
   */
  decode(sum: Uint32Array, count: number): { readonly aggregate: Aggregate; readonly unclipped: number | undefined };
}

// Rounds of the stream that the rotation's signs come from. They are public.
const SIGN_ROUNDS = 12;

/**
 * Rounds whose sums are noisy. Everything random comes from a stream of their own, and each member draws from one of its
 * own within it, so a sum has the same bits whether it went through sessions or not.
 */
export class NoisyRounds {
  readonly #privacy: SumPrivacy;
  readonly #dimension: number;
  readonly #random: RandomSource;
  #plan: NoisePlan | undefined;
  #sampler: NoiseSampler | undefined;

  constructor(privacy: SumPrivacy, dimension: number, random: RandomSource) {
    this.#privacy = privacy;
    this.#dimension = dimension;
    this.#random = unsafeSeededRandom(random(SIZES.key));
  }

  /** Noise and grid of a round with this clip. @throws CairnError `privacy-infeasible`, `settings-invalid` */
  plan(clip: number): NoisePlan {
    if (this.#plan?.clip !== clip) {
      const { divisor: _, modulusBits = 16, bitWidth = 0, ...noise } = this.#privacy;
      this.#plan = planNoise({ ...noise, modulusBits, bitWidth, clip, dimension: this.#dimension });
    }
    return this.#plan;
  }

  /** Begins a round. @throws CairnError as {@link plan} does; encoding throws `update-shape`, `update-not-finite` */
  begin(clip: number, results: ReadonlyMap<MemberId, LocalResult>, members: readonly MemberId[]): NoisyRound {
    const plan = this.plan(clip);
    const sampler = this.#samplerOf(plan);
    const signs = { key: this.#random(SIZES.key), rounds: SIGN_ROUNDS } as const;
    const coordinator = unsafeSeededRandom(this.#random(SIZES.key));
    const streams = new Map(members.map((member) => [member, unsafeSeededRandom(this.#random(SIZES.key))]));
    const own = plan.placement === 'distributed' ? sampler : undefined;
    let clipped = 0;
    return {
      plan,
      encode(member) {
        const { values, clippedBy } = encodeNoisy(plan, results.get(member)!.update, own, signs, streams.get(member)!);
        if (clippedBy < 1) clipped++;
        return values;
      },
      clipped: () => clipped,
      decode: (sum, count) => {
        if (plan.placement === 'central') addCentralNoise(plan, sum, sampler, coordinator);
        const { update, unclipped } = decodeNoisy(plan, sum, count, signs);
        const { divisor = count } = this.#privacy;
        const aggregate = {
          update: divisor === count ? update : update.map((value) => (value * count) / divisor),
          examples: NaN,
          loss: NaN,
          accuracy: NaN,
          totalWeight: divisor,
        };
        return { aggregate, unclipped };
      },
    };
  }

  /** Kept from round to round: its tables take milliseconds. */
  #samplerOf({ distribution, shareVariance }: NoisePlan): NoiseSampler {
    if (this.#sampler?.variance !== shareVariance) this.#sampler = createNoiseSampler(distribution, shareVariance);
    return this.#sampler;
  }
}
