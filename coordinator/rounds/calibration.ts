import { noisePlanOf, type ReadingOptions } from '../../protocol/rounds/index.ts';
import {
  type Mechanism,
  mechanismOf,
  minNoiseMultiplier,
  type NoisePlan,
  ORDERS,
  roundCost,
} from '../../protocol/privacy/index.ts';
import type { RoundPrivacy } from '../../protocol/wire/index.ts';
import { maxGroup } from '../../learning/index.ts';
import { DRAWN_PART, type PrivacyConfig, type TaskConfig } from '../config/index.ts';

const UNBOUNDED: readonly number[] = ORDERS.map(() => Number.MAX_VALUE);

/** A task whose sums have noise. */
export type PrivateTask = TaskConfig & { readonly privacy: PrivacyConfig };

/** The noise of a task's rounds, and what one of them costs: Rényi divergences, one for each of the accountant's orders. */
export interface Calibration {
  /** As settings name it. */
  readonly noise: Omit<RoundPrivacy, 'spent'>;
  /** How sums are read. */
  readonly reading: ReadingOptions;
  /** Towards those who see the models. */
  readonly cost: Float64Array;
  /** Towards the coordinator and members, who know who took part; the greatest numbers where nothing bounds it. */
  readonly costInside: ArrayLike<number>;
  /** What draws leave of δ for the noise. */
  readonly delta: number;
  /** Its grid and variance, for a clip of 1. */
  readonly plan: NoisePlan;
  /** Updates that a mean is of. */
  readonly members: number;
}

/**
 * Finds the noise of a task: the multiplier that its configuration names, or the least with which all its rounds keep the
 * budget.
 * @param dimension number of model parameters
 * @throws CairnError `privacy-infeasible` where no noise keeps the budget, or the modulus does not hold it
 */
export function calibrate(task: PrivateTask, dimension: number): Calibration {
  const { privacy, modulusBits, rounds, minCohort } = task;
  const { placement, distribution, minHonestSurvivors, epsilon, delta, sampling, expected, adaptiveClip } = privacy;
  const fill = sampling < 1 && placement === 'distributed';
  // Who colludes may leave its share out, and what is filled up does not replace it.
  const silent = fill ? minCohort - minHonestSurvivors : 0;
  const common = {
    placement,
    distribution,
    minHonestSurvivors,
    bitWidth: adaptiveClip?.bitWidth ?? 0,
    sampling,
    epsilon,
    delta,
  };
  const planFor = (noiseMultiplier: number): ReturnType<typeof noisePlanOf> =>
    noisePlanOf({
      ...{ dimension, modulusBits, maxCohort: maxGroup(task) },
      privacy: { ...common, noiseMultiplier, spent: 0 },
    });
  const mechanism = (noiseMultiplier: number): Mechanism => mechanismOf(planFor(noiseMultiplier), fill, silent);
  const left = sampling < 1 ? (1 - DRAWN_PART) * delta : delta;
  const target = { epsilon, delta: left, rounds, rate: sampling };
  const { noiseMultiplier = minNoiseMultiplier(target, mechanism) } = privacy;
  const plan = planFor(noiseMultiplier);
  return {
    noise: { ...common, noiseMultiplier },
    reading: { fill, ...(expected === undefined ? {} : { divisor: expected }) },
    cost: roundCost(mechanismOf(plan, fill, silent), sampling),
    costInside: placement === 'distributed' ? roundCost(mechanismOf(plan), 1) : UNBOUNDED,
    delta: left,
    plan,
    members: expected ?? maxGroup(task),
  };
}
