import { iidShards } from '../../../training/data/index.ts';
import { loadMnist } from '../../../training/data/node/index.ts';
import { createStrategy } from '../../../learning/index.ts';
import { createAggregator } from '../../engine/aggregator.ts';
import { federate } from '../../engine/federation.ts';
import { firstMembers } from '../../engine/members.ts';
import { type LocalTraining, modelOf, scoreModel, shared, trainMember } from '../../engine/training.ts';
import { readFaults } from '../../faults/script.ts';
import type { Laboratory } from '../../laboratory/experiment.ts';
import { TRAINING } from './results.ts';
import type { DropoutSettings } from './settings.ts';

const LOCAL: LocalTraining = { model: 'mlp', epochs: 2, batchSize: 16, learningRate: 0.1 };
const TEST_IMAGES = 2000;
/** Longer updates are clipped; a member's are about 1 here. */
const CLIP = 10;

/**
 * Trains the same model twice from the same seed, with and without churn: same shards, same cohorts, same shuffles,
 * every round through the real sessions. A training that is already recorded is not run again.
 */
export async function trainUnderChurn(lab: Laboratory<DropoutSettings>, onRound: () => void): Promise<void> {
  const { settings, primitives } = lab;
  const train = shared(await loadMnist('train', { limit: settings.churnImages }));
  const test = shared(await loadMnist('test', { limit: TEST_IMAGES }));
  const members = firstMembers(settings.churnMembers);
  const seed = lab.seedOf('churn');
  const shards = iidShards(train.labels, members.length, seed);
  const model = modelOf(LOCAL.model);
  for (const churn of [0, settings.churnRate]) {
    const recorded = lab.results.rows(TRAINING).filter((row) => row.churn === churn).length;
    if (recorded === settings.churnRounds) continue;
    const rounds = federate({
      parameters: model.initialise(seed),
      members,
      cohort: settings.churnCohort,
      rounds: settings.churnRounds,
      aggregator: createAggregator({
        mode: 'secure',
        primitives,
        random: lab.randomOf(`churn ${churn}`),
        dimension: model.layout.size,
        clip: CLIP,
        maxExamples: Math.ceil(settings.churnImages / settings.churnMembers),
        settings: {
          colludingPpm: Math.round(settings.colluding * 1e6),
          dropoutPpm: Math.round(settings.tolerated * 1e6),
          inputBits: settings.inputBits,
        },
      }),
      strategy: createStrategy({ name: 'fedavg', learningRate: 1 }),
      seed,
      train: ({ member, parameters, seed: own }) =>
        lab.call(trainMember, { ...LOCAL, parameters, data: train, indices: shards[member - 1]!, seed: own }),
      faultsOf: () => readFaults([{ kind: 'drop', probability: churn, state: 'any' }]),
      signal: lab.signal,
    });
    for await (const { round, aggregation, parameters } of rounds) {
      // A resumed training runs from its beginning; rounds already known are not recorded again.
      if (round <= recorded) continue;
      const { accuracy, loss } = await lab.call(scoreModel, { model: LOCAL.model, parameters, data: test });
      lab.record(TRAINING, {
        churn,
        round,
        committed: aggregation.aggregate !== undefined,
        included: aggregation.included.length,
        dropped: aggregation.drops.length,
        accuracy,
        loss,
      });
      onRound();
    }
  }
}
