import type { NoisePlan } from '../protocol/privacy/index.ts';

/** What a task's noise does to the mean of one round, in units of the updates. */
export interface NoiseCost {
  /** Updates in the mean: `expected`, or those of a whole cohort or group. */
  readonly members: number;
  /** Standard deviation of the noise in a coordinate of the mean. */
  readonly perCoordinate: number;
  /** L2 norm of the noise in all coordinates together, as it is to be expected: the root of its mean square. */
  readonly norm: number;
  /**
   * From how many updates in a mean on that norm is no greater than the clip, which no mean of updates is longer than:
   * below it a step is more noise than anything that members could say. `minCohort` is taken to grow with them.
   */
  readonly bearableFrom: number;
}

/** Of whose mean the noise is asked. */
export interface NoisyMean {
  readonly members: number;
  readonly clip: number;
  /** Whether distributed noise is filled up to that of the plan's clients. */
  readonly filled: boolean;
}

/**
 * The noise in the mean of a round. One party adds `shareVariance` to each coordinate on the grid
 * (Kairouz, Liu & Steinke 2021):
 * the coordinator, each member, or each that there might be. The rotation keeps the variance of a coordinate, and the
 * padding is cut off again. The noise of the sum does not grow with the clients where it is central. Where it is
 * distributed it grows with those whose share was not counted on; their part is taken to stay as it is, so that the norm
 * falls as one over the members either way.
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
