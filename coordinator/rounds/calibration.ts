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

/** The noise of a task's rounds, and the cost of one: Rényi divergences, one for each of the accountant's orders. */
export interface Calibration {
  /** In the form that settings use. */
  readonly noise: Omit<RoundPrivacy, 'spent'>;
  /** How sums are read. */
  readonly reading: ReadingOptions;
  /** Towards parties that see the models. */
  readonly cost: Float64Array;
  /** Towards the coordinator and members, who know who took part; the largest numbers if nothing bounds it. */
  readonly costInside: ArrayLike<number>;
  /** The part of δ that draws leave for the noise. */
  readonly delta: number;
  /** Its grid and variance, for a clip of 1. */
  readonly plan: NoisePlan;
  /** Number of updates in a mean. */
  readonly members: number;
}

/**
 * Finds the noise of a task: the multiplier that its configuration names, or the smallest with which all its rounds
 * stay within the budget.
 * @param dimension number of model parameters
 * @throws CairnError `privacy-infeasible` if no noise keeps the budget, or the modulus is too small for it
 */
export function calibrate(task: PrivateTask, dimension: number): Calibration {
  const { privacy, modulusBits, rounds, minCohort } = task;
  const { placement, distribution, minHonestSurvivors, epsilon, delta, sampling, expected, adaptiveClip } = privacy;
  const fill = sampling < 1 && placement === 'distributed';
  // Colluding members may leave their shares of noise out, and filling up does not replace them.
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
