import { atOnce } from '../../learning/index.ts';
import { type Primitives, type RandomSource, SIZES, unsafeSeededRandom } from '../../protocol/crypto/index.ts';
import type { MemberId } from '../../protocol/ids.ts';
import {
  createNoiseSampler,
  type NoisePlan,
  type NoiseSampler,
  type NoiseSettings,
} from '../../protocol/privacy/index.ts';
import type { Aggregate, EncodedUpdate, LocalResult } from '../../protocol/quantize/index.ts';
import { addNoise, encodeInput, noisePlanOf, type NoisyShape, readSum } from '../../protocol/rounds/index.ts';
import { NO_HASH, type RoundSettings } from '../../protocol/wire/index.ts';

/** What makes the sums of an aggregator differentially private. */
export interface SumPrivacy extends Pick<
  NoiseSettings,
  'placement' | 'distribution' | 'noiseMultiplier' | 'clients' | 'minHonestSurvivors'
> {
  /** b: sums are taken mod 2^b, 8 to 32. Default 16. */
  readonly modulusBits?: number;
  /** Width of the coordinate that adaptive clipping needs, as a fraction of the clip. Default 0: there is none. */
  readonly bitWidth?: number;
  /**
   * What a sum is divided by to get its mean. Default the number of updates in it; a number that is fixed before
   * members are drawn hides from those that see the mean how many were drawn.
   */
  readonly divisor?: number;
  /** Whether the coordinator fills distributed noise up to that of `clients`; see `fillNoise`. Default: no. */
  readonly fill?: boolean;
}

/** One round's path from updates to a noisy mean: what clients and coordinator do, with randomness drawn beforehand. */
export interface NoisyRound {
  /** A member's vector, ready to be masked or added: `plan.length` words. @throws CairnError of `encodeInput` */
  readonly encode: (settings: RoundSettings, member: MemberId, result: LocalResult) => EncodedUpdate;
  /**
   * The mean of a sum of `count` vectors, and the noisy share of them that was short enough. The sum is changed.
   * @throws CairnError `privacy-noise`, `overflow-budget` for a count that the plan is not for
   */
  readonly decode: (
    settings: RoundSettings,
    sum: Uint32Array,
    count: number,
  ) => { readonly aggregate: Aggregate; readonly unclipped: number | undefined };
}

/** What settings say about a task's budget: experiments keep their own accounts. */
const UNACCOUNTED = { sampling: 1, epsilon: Number.MAX_VALUE, delta: 0.5, spent: 0 } as const;

/**
 * Rounds whose sums are noisy. Everything random comes from a separate stream, within which each member has its own, so
 * a sum has the same bits whether it went through sessions or not.
 *
 * One plan serves all rounds, as production derives it from their settings: it is for a clip of 1. So rounds with
 * another clip cost the same privacy to the bit. The sampler is made once here, not for each member as in production,
 * which has one member per process.
 */
export class NoisyRounds {
  /** What the rounds' settings say about their noise. */
  readonly settings: NoisyShape;
  readonly plan: NoisePlan;
  readonly #primitives: Primitives;
  readonly #privacy: SumPrivacy;
  readonly #random: RandomSource;
  readonly #sampler: NoiseSampler;

  /** @throws CairnError `privacy-infeasible`, `settings-invalid` for noise that is infeasible */
  constructor(primitives: Primitives, privacy: SumPrivacy, dimension: number, random: RandomSource) {
    const { placement, distribution, noiseMultiplier, clients, minHonestSurvivors, bitWidth = 0 } = privacy;
    this.settings = {
      dimension,
      maxCohort: clients,
      modulusBits: privacy.modulusBits ?? 16,
      privacy: { placement, distribution, noiseMultiplier, minHonestSurvivors, bitWidth, ...UNACCOUNTED },
    };
    this.plan = noisePlanOf(this.settings);
    this.#primitives = primitives;
    this.#privacy = privacy;
    this.#sampler = createNoiseSampler(distribution, this.plan.shareVariance);
    this.#random = unsafeSeededRandom(random(SIZES.key));
  }

  /** Begins a round: draws the rotation's signs, and a stream for each party. */
  begin(members: readonly MemberId[]): NoisyRound {
    const ready = { sampler: this.#sampler, rotation: this.#random(SIZES.key) };
    const coordinator = unsafeSeededRandom(this.#random(SIZES.key));
    const streams = new Map(members.map((member) => [member, unsafeSeededRandom(this.#random(SIZES.key))]));
    const { divisor, fill = false } = this.#privacy;
    // In one piece: a simulation has no other work to interleave.
    const reading = { ...ready, fill, part: Infinity, ...(divisor === undefined ? {} : { divisor }) };
    // A round has room for at least two members, but a plan may be for one.
    const planned = (settings: RoundSettings): RoundSettings => ({ ...settings, maxCohort: this.plan.clients });
    return {
      encode: (settings, member, result) =>
        encodeInput(this.#primitives, planned(settings), NO_HASH, result, streams.get(member)!, ready),
      decode: (settings, sum, count) => {
        const unmasked = { sum, count };
        atOnce(addNoise(planned(settings), unmasked, coordinator, reading));
        const { update, unclipped, ...read } = readSum(this.#primitives, planned(settings), NO_HASH, unmasked, reading);
        const whole = new Float32Array(settings.dimension);
        update(0, whole);
        return { aggregate: { update: whole, ...read }, unclipped };
      },
    };
  }
}
