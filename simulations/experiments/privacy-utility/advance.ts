import { type Dataset, iidShards } from '../../../training/data/index.ts';
import { evaluate } from '../../../training/index.ts';
import { createStrategy } from '../../../learning/index.ts';
import type { LocalResult } from '../../../protocol/quantize/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import { CairnError } from '../../../protocol/errors.ts';
import {
  epsilonOf,
  mechanismOf,
  type PrivacyBudget,
  roundCost,
  spend,
  spentEpsilon,
} from '../../../protocol/privacy/index.ts';
import { type Aggregator, createAggregator } from '../../engine/aggregator.ts';
import { federate } from '../../engine/federation.ts';
import { firstMembers } from '../../engine/members.ts';
import { modelOf, trainUnlessDiverging } from '../../engine/training.ts';
import { readFaults } from '../../faults/script.ts';
import { Seeds } from '../../laboratory/seeds.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import { expectedCohort } from './cohorts.ts';
import { mechanismAgainst, privacyOf, rateOf } from './noise.ts';
import type { ScoreRow } from './series.ts';
import type { PrivacyUtilitySettings } from './settings.ts';
import type { TrainingState } from './state.ts';
import type { Training } from './trainings.ts';

/** Input of {@link advance}. */
export interface AdvanceInput {
  readonly settings: PrivacyUtilitySettings;
  readonly training: Training;
  /** All images that members hold, and the test images. */
  readonly train: Dataset;
  readonly test: Dataset;
  /** Seed of shards, cohorts and shuffles: the same for all trainings of a repeat. */
  readonly seed: number;
  /** Seed of noise, rounding, keys and faults. */
  readonly noiseSeed: number;
  readonly state: TrainingState;
  /** The round after which to stop. */
  readonly until: number;
}

function aggregatorOf({ settings, training, noiseSeed, state }: AdvanceInput): Aggregator {
  const { members, placement } = training;
  const { aggregation, adaptiveClip, quantile, clipRate, minHonestSurvivors } = settings;
  return createAggregator({
    mode: aggregation,
    primitives: nodePrimitives,
    random: new Seeds(nodePrimitives, 'privacy-utility', noiseSeed).randomOf(`from round ${state.round + 1}`),
    dimension: state.parameters.length,
    clip: state.clip,
    // All members weigh the same, as with noise.
    maxExamples: 1,
    settings: { graph: 'auto', dropoutPpm: Math.min(999_999, Math.round((1 - minHonestSurvivors) * 1e6)) },
    ...(placement === 'none' ? {} : { privacy: privacyOf(settings, { members, placement }, state.noiseMultiplier!) }),
    ...(adaptiveClip ? { tracking: { quantile, rate: clipRate } } : {}),
  });
}

/** The budget after one more round; undefined if the round would exceed it. Without noise nothing is spent. */
function pay(budget: PrivacyBudget | null, cost: Float64Array | undefined): PrivacyBudget | null | undefined {
  if (budget === null || cost === undefined) return null;
  try {
    return spend(budget, cost);
  } catch (thrown) {
    if (thrown instanceof CairnError && thrown.code === 'privacy-budget') return undefined;
    throw thrown;
  }
}

/** Trains members one after the other, since each needs a tape. One whose training diverges sends zeros. */
function trainingOf({ settings, training, train, seed }: AdvanceInput, signal: AbortSignal) {
  const { model, localEpochs: epochs, batchSize, learningRate, images } = settings;
  const held = train.labels.subarray(0, training.members * images);
  const shards = iidShards(held, training.members, seed);
  let before: Promise<unknown> = Promise.resolve();
  let diverged = 0;
  const trainOne = ({ member, parameters, seed: own }: { member: number; parameters: Float32Array; seed: number }) => {
    const local = { model, epochs, batchSize, learningRate };
    const mine = before.then(async (): Promise<LocalResult> => {
      const indices = shards[member - 1]!;
      const result = await trainUnlessDiverging({ ...local, parameters, data: train, indices, seed: own }, signal);
      if (result !== undefined) return result;
      diverged++;
      return { update: new Float32Array(parameters.length), examples: indices.length, loss: 0, accuracy: 0 };
    });
    before = mine;
    return mine;
  };
  return { trainOne, diverged: () => diverged };
}

/**
 * Runs the rounds up to `until`, each charged before its sum is opened, and evaluates the model after the last. Rounds
 * without a sum are charged too.
 */
export const advance = defineWorkerTask(
  import.meta.url,
  'advance',
  async (input: AdvanceInput, signal: AbortSignal): Promise<TrainingState> => {
    const { settings, training, test, seed, state, until } = input;
    const { rounds, cohort, dropout, serverRate } = settings;
    const aggregator = aggregatorOf(input);
    const { plan } = aggregator;
    const cost = plan === undefined ? undefined : roundCost(mechanismAgainst(settings, plan), rateOf(settings));
    const insideCost = plan === undefined ? undefined : roundCost(mechanismOf(plan), 1);
    const { trainOne, diverged } = trainingOf(input, signal);
    const federation = federate({
      parameters: state.parameters,
      members: firstMembers(training.members),
      cohort: expectedCohort({ cohort }, training.members),
      drawing: 'independent',
      rounds: until - state.round,
      aggregator,
      strategy: createStrategy({ name: 'fedavg', learningRate: serverRate }),
      seed: new Seeds(nodePrimitives, 'privacy-utility', seed).seedOf(`from round ${state.round + 1}`),
      train: trainOne,
      faultsOf: () =>
        dropout === 0 ? [] : readFaults([{ kind: 'drop', probability: dropout, state: 'masked-input' }]),
      signal,
    });
    let { round, clip, budget, inside, parameters } = state;
    let [included, drawn, clipped, failed] = [0, 0, 0, 0];
    let paid = pay(budget, cost);
    while (round < until && paid !== undefined) {
      budget = paid;
      if (insideCost !== undefined) inside = Array.from(insideCost, (more, i) => more + (inside[i] ?? 0));
      clip = aggregator.clip;
      const next = await federation.next();
      if (next.done === true) break;
      const { aggregation } = next.value;
      ({ parameters } = next.value);
      round++;
      included += aggregation.included.length;
      drawn += next.value.cohort.length;
      clipped += aggregation.clipped;
      if (aggregation.aggregate === undefined) failed++;
      paid = pay(budget, cost);
    }
    const { accuracy, loss } = await evaluate(modelOf(settings.model), parameters, test, { signal });
    const { id, members, placement, epsilon, repeat } = training;
    const stopped = paid === undefined && round < rounds;
    const score: ScoreRow = {
      training: id,
      members,
      placement,
      epsilon,
      repeat,
      round,
      accuracy,
      loss: Number.isFinite(loss) ? loss : null,
      noiseMultiplier: state.noiseMultiplier,
      spent: budget === null ? null : spentEpsilon(budget),
      spentInside: placement === 'distributed' && round > 0 ? epsilonOf(inside, settings.delta) : null,
      clip,
      included: included / Math.max(1, round - state.round),
      failed,
      clipped: clipped / Math.max(1, drawn),
      diverged: diverged(),
      stopped,
    };
    return {
      round,
      over: stopped || round === rounds,
      clip: aggregator.clip,
      noiseMultiplier: state.noiseMultiplier,
      budget,
      inside,
      scores: [...state.scores, score],
      parameters,
    };
  },
);
