import { noisePlanOf, type NoisyShape } from '../../protocol/rounds/index.ts';
import type { Aggregate, LocalResult } from '../../protocol/quantize/index.ts';
import { type RandomSource, SIZES, unsafeSeededRandom } from '../../protocol/crypto/index.ts';
import type { MemberId } from '../../protocol/ids.ts';
import {
  addCentralNoise,
  createNoiseSampler,
  decodeNoisy,
  encodeNoisy,
  fillNoise,
  type NoisePlan,
  type NoiseSampler,
  type NoiseSettings,
} from '../../protocol/privacy/index.ts';

/** What makes the sums of an aggregator differentially private. */
export interface SumPrivacy extends Pick<
  NoiseSettings,
  'placement' | 'distribution' | 'noiseMultiplier' | 'clients' | 'minHonestSurvivors'
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
  /** Whether the coordinator fills distributed noise up to that of `clients`; see `fillNoise`. Default: no. */
  readonly fill?: boolean;
}

/** One round's way from updates to a noisy mean. */
export interface NoisyRound {
  /** A member's vector, ready to be masked or added: `plan.length` words. @throws CairnError of encodeNoisy */
  readonly encode: (member: MemberId) => Uint32Array;
  /** How many of the updates encoded so far were longer than the clip. */
  readonly clipped: () => number;
  /**
   * The mean that a sum of `count` vectors holds, and the noisy share of them that was short enough. The sum is changed.
   * @throws CairnError `privacy-noise`, `overflow-budget` for another count than the plan is for
   */
  readonly decode: (
    sum: Uint32Array,
    count: number,
  ) => { readonly aggregate: Aggregate; readonly unclipped: number | undefined };
}

/** What settings say of a task's budget: experiments keep accounts of their own. */
const UNACCOUNTED = { sampling: 1, epsilon: Number.MAX_VALUE, delta: 0.5, spent: 0 } as const;

// Rounds of the stream that the rotation's signs come from. They are public.
const SIGN_ROUNDS = 12;

/**
 * Rounds whose sums are noisy. Everything random comes from a stream of their own, and each member draws from one of its
 * own within it, so a sum has the same bits whether it went through sessions or not.
 *
 * One plan serves all rounds, as production derives it from their settings: it is for a clip of 1. So rounds of another
 * clip cost the same privacy to the bit. Plan and sampler are made once here and not for each member, as production does
 * who has one member to a process.
 */
export class NoisyRounds {
  /** What settings of the rounds say of their noise. */
  readonly settings: NoisyShape;
  readonly plan: NoisePlan;
  readonly #divisor: number | undefined;
  readonly #fill: boolean;
  readonly #random: RandomSource;
  readonly #sampler: NoiseSampler;

  /** @throws CairnError `privacy-infeasible`, `settings-invalid` for noise that cannot be had */
  constructor(privacy: SumPrivacy, dimension: number, random: RandomSource) {
    const { placement, distribution, noiseMultiplier, clients, minHonestSurvivors, bitWidth = 0 } = privacy;
    this.settings = {
      dimension,
      maxCohort: clients,
      modulusBits: privacy.modulusBits ?? 16,
      privacy: { placement, distribution, noiseMultiplier, minHonestSurvivors, bitWidth, ...UNACCOUNTED },
    };
    this.plan = noisePlanOf(this.settings);
    this.#divisor = privacy.divisor;
    this.#fill = privacy.fill === true && placement === 'distributed';
    this.#sampler = createNoiseSampler(distribution, this.plan.shareVariance);
    this.#random = unsafeSeededRandom(random(SIZES.key));
  }

  /** Begins a round. */
  begin(clip: number, results: ReadonlyMap<MemberId, LocalResult>, members: readonly MemberId[]): NoisyRound {
    const { plan } = this;
    const sampler = this.#sampler;
    const signs = { key: this.#random(SIZES.key), rounds: SIGN_ROUNDS } as const;
    const coordinator = unsafeSeededRandom(this.#random(SIZES.key));
    const streams = new Map(members.map((member) => [member, unsafeSeededRandom(this.#random(SIZES.key))]));
    const own = plan.placement === 'distributed' ? sampler : undefined;
    let clipped = 0;
    return {
      encode: (member) => {
        const update = results.get(member)!.update.map((value) => value / clip);
        const { values, clippedBy } = encodeNoisy(plan, update, own, signs, streams.get(member)!);
        if (clippedBy < 1) clipped++;
        return values;
      },
      clipped: () => clipped,
      decode: (sum, count) => {
        if (plan.placement === 'central') addCentralNoise(plan, sum, sampler, coordinator);
        else if (this.#fill) fillNoise(plan, sum, count, sampler, coordinator);
        const totalWeight = this.#divisor ?? count;
        const { update, unclipped } = decodeNoisy(plan, sum, count, signs, totalWeight);
        const unknown = { examples: NaN, loss: NaN, accuracy: NaN };
        return { aggregate: { update: update.map((value) => value * clip), ...unknown, totalWeight }, unclipped };
      },
    };
  }
}
