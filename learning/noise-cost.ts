import type { NoisePlan } from '../protocol/privacy/index.ts';

/** What a task's noise does to the mean of one round, in units of the updates. */
export interface NoiseCost {
  /** Updates in the mean: `expected`, or those of a whole cohort or group. */
  readonly members: number;
  /** Standard deviation of the noise in a coordinate of the mean. */
  readonly perCoordinate: number;
  /** Expected L2 norm of the noise in all coordinates together: the root of its mean square. */
  readonly norm: number;
  /**
   * Number of updates in a mean from which that norm is at most the clip, which bounds the norm of any mean of updates:
   * with fewer, a step is more noise than any signal from members. `minCohort` is assumed to grow with them.
   */
  readonly bearableFrom: number;
}

/** The mean whose noise is estimated. */
export interface NoisyMean {
  readonly members: number;
  readonly clip: number;
  /** Whether distributed noise is topped up to that of the plan's clients. */
  readonly filled: boolean;
}

/**
 * The noise in the mean of a round. One party adds `shareVariance` to each coordinate on the grid (Kairouz, Liu &
 * Steinke 2021): the coordinator, each member, or each possible member. The rotation keeps the variance of a
 * coordinate, and the padding is removed again. Central noise in the sum does not grow with the clients. Distributed
 * noise grows with those whose share was not relied on; their proportion is assumed constant, so that the norm falls as one
 * over the members either way.
 * @param plan for a clip of 1
 */
export function noiseCostOf(plan: NoisePlan, { members, clip, filled }: NoisyMean): NoiseCost {
  const { placement, clients, dimension, shareVariance, scale } = plan;
  const parties = placement === 'central' ? 1 : filled ? clients : members;
  const relative = Math.sqrt(parties * shareVariance) / (scale * members);
  const norm = relative * Math.sqrt(dimension);
  return {
    members,
    perCoordinate: relative * clip,
    norm: norm * clip,
    bearableFrom: Math.max(1, Math.ceil(members * norm)),
  };
}
