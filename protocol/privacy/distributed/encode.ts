import type { RandomSource } from '../../crypto/random.ts';
import { CairnError } from '../../errors.ts';
import { rotate } from '../../kernels/index.ts';
import type { Signs } from '../../kernels/index.ts';
import type { NoiseSampler } from '../samplers/index.ts';
import { vectorNorm } from './plan.ts';
import type { NoisePlan } from './plan.ts';
import { roundConditionally } from './rounding.ts';

/** An update that may be masked and summed. */
export interface NoisyUpdate {
  /** `length` words in two's complement mod 2^modulusBits. With central noise, as secret as the update. */
  readonly values: Uint32Array;
  /** The factor that L2 clipping applied: 1 if the update was short enough. */
  readonly clippedBy: number;
}

/**
 * Coordinates whose squares are summed before these sums are added: keeps the error of a norm over millions near 2^−50.
 */
const RUN = 4096;

/** L2 norm in doubles. */
function norm(values: Float32Array): number {
  let total = 0;
  for (let from = 0; from < values.length; from += RUN) {
    let squares = 0;
    const end = Math.min(from + RUN, values.length);
    for (let i = from; i < end; i++) squares += values[i]! * values[i]!;
    total += squares;
  }
  return Math.sqrt(total);
}

/** The words of a vector mod 2^bits, in place. */
function wrap(values: Uint32Array, bits: number): void {
  if (bits === 32) return;
  const mask = 2 ** bits - 1;
  for (let i = 0; i < values.length; i++) values[i]! &= mask;
}

/** @throws CairnError `settings-invalid` if a sampler is not the one that the plan requires */
function expectSampler(plan: NoisePlan, sampler: NoiseSampler): void {
  if (sampler.distribution !== plan.distribution || sampler.variance !== plan.shareVariance) {
    throw new CairnError('settings-invalid', 'the noise sampler has another distribution or variance than the plan');
  }
}

/**
 * Clips a client's update to L2 norm `clip`, appends the bit that tells whether it was short enough, pads with zeros,
 * rotates, scales, rounds conditionally, adds the client's share of the noise and reduces mod 2^b (Kairouz, Liu &
 * Steinke 2021). The rotated vector is clipped to its norm once more, since 32-bit floats may lengthen it by a few
 * parts in 10^7.
 * @param update `dimension` values; not changed
 * @param sampler noise of the plan's distribution and share; undefined if and only if the noise is central
 * @param signs of the rotation, the same for all clients of the sum; they may be public, but must not depend on updates
 * @param random a CSPRNG
 * @throws CairnError `update-shape`, `update-not-finite`; `settings-invalid` for a sampler that does not fit the plan
 */
export function encodeNoisy(
  plan: NoisePlan,
  update: Float32Array,
  sampler: NoiseSampler | undefined,
  signs: Signs,
  random: RandomSource,
): NoisyUpdate {
  const { dimension, clip, bitWidth, scale, length, modulusBits } = plan;
  if (update.length !== dimension) {
    throw new CairnError('update-shape', `an update of ${dimension} values was expected, got ${update.length}`);
  }
  if ((sampler === undefined) !== (plan.placement === 'central')) {
    throw new CairnError('settings-invalid', `a client's noise does not fit ${plan.placement} noise`);
  }
  if (sampler !== undefined) expectSampler(plan, sampler);
  const before = norm(update);
  if (!Number.isFinite(before)) {
    const index = update.findIndex((value) => !Number.isFinite(value));
    throw new CairnError('update-not-finite', `coordinate ${index} of the update is not a finite number`);
  }

  const clippedBy = before > clip ? clip / before : 1;
  const vector = new Float32Array(length);
  for (let i = 0; i < dimension; i++) vector[i] = update[i]! * clippedBy;
  if (bitWidth > 0) vector[dimension] = ((clippedBy === 1 ? 1 : -1) * bitWidth * clip) / 2;
  rotate(vector, signs);

  const excess = norm(vector) / vectorNorm(plan);
  const bound = { scale: excess > 1 ? scale / excess : scale, bits: modulusBits, bound: plan.sensitivity };
  const values = new Uint32Array(roundConditionally(vector, bound, random).buffer);
  vector.fill(0);
  sampler?.add(values, random);
  wrap(values, modulusBits);
  return { values, clippedBy };
}

/**
 * Adds the coordinator's noise to an unmasked sum, in place.
 * @param sampler noise of the plan's distribution and variance
 * @throws CairnError `settings-invalid` if the plan's noise is not central, or for a wrong sampler
 */
export function addCentralNoise(plan: NoisePlan, sum: Uint32Array, sampler: NoiseSampler, random: RandomSource): void {
  if (plan.placement !== 'central') {
    throw new CairnError('settings-invalid', 'the clients add the noise of this plan, not the coordinator');
  }
  expectSampler(plan, sampler);
  sampler.add(sum, random);
  wrap(sum, plan.modulusBits);
}

/**
 * Tops the noise of a distributed sum up to that of all `clients`, in place: the coordinator adds the shares of clients
 * that are not in it. Then the noise has one distribution whichever clients took part, which sampling requires towards
 * parties that see the result: the variance of many coordinates would tell them how many shares there are. It does not
 * protect against a party that sees the sum beforehand.
 * @param count number of updates in the sum
 * @param sampler noise of the plan's distribution and share
 * @throws CairnError `settings-invalid` if the plan's noise is not distributed, for a wrong sampler, or for more
 * updates than the plan allows
 */
export function fillNoise(
  plan: NoisePlan,
  sum: Uint32Array,
  count: number,
  sampler: NoiseSampler,
  random: RandomSource,
): void {
  if (plan.placement !== 'distributed') {
    throw new CairnError(
      'settings-invalid',
      'the coordinator adds all of the noise of this plan: there is nothing to fill',
    );
  }
  if (!(count <= plan.clients)) {
    throw new CairnError('settings-invalid', `the sum holds ${count} updates, but the plan is for ${plan.clients}`);
  }
  expectSampler(plan, sampler);
  for (let missing = plan.clients - count; missing > 0; missing--) sampler.add(sum, random);
  wrap(sum, plan.modulusBits);
}
