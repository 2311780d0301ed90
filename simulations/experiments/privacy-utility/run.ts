import type { Dataset } from '../../../training/data/index.ts';
import { loadMnist } from '../../../training/data/node/mnist.ts';
import { createBudget } from '../../../protocol/privacy/index.ts';
import { modelOf, shared } from '../../engine/training.ts';
import { workInOrder } from '../../laboratory/in-order.ts';
import type { Laboratory } from '../../laboratory/experiment.ts';
import { recorder } from '../../laboratory/recorder.ts';
import { advance } from './advance.ts';
import { calibrate } from './noise.ts';
import { SCORES, type ScoreRow } from './series.ts';
import type { PrivacyUtilitySettings } from './settings.ts';
import { decodeState, encodeState, type TrainingState } from './state.ts';
import { type Training, trainingsOf } from './trainings.ts';

type Lab = Laboratory<PrivacyUtilitySettings>;

interface Images {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** Member-rounds of a training: what takes its time. */
const unitsOf = ({ cohort }: PrivacyUtilitySettings, { members }: Training): number => cohort * members;

async function begin(lab: Lab, { members, placement, epsilon, repeat }: Training): Promise<TrainingState> {
  const { settings } = lab;
  const noisy = placement === 'none' || epsilon === null ? undefined : { members, placement };
  const noiseMultiplier =
    noisy === undefined
      ? null
      : settings.noiseMultiplier > 0
        ? settings.noiseMultiplier
        : await lab.call(calibrate, { settings, noisy, epsilon: epsilon! });
  return {
    round: 0,
    over: false,
    clip: settings.clip,
    noiseMultiplier,
    budget: noisy === undefined ? null : createBudget(epsilon!, settings.delta),
    inside: [],
    scores: [],
    parameters: modelOf(settings.model).initialise(lab.seedOf(`first parameters ${repeat}`)),
  };
}

async function runTraining(
  lab: Lab,
  { train, test }: Images,
  training: Training,
  add: (row: ScoreRow) => void,
): Promise<void> {
  const { settings, signal } = lab;
  const saved = await lab.restore(training.id);
  let state = saved === undefined ? await begin(lab, training) : decodeState(saved);
  const units = unitsOf(settings, training);
  for (const score of state.scores) add(score);
  lab.advance(units * state.round, training.id);
  while (!state.over) {
    signal.throwIfAborted();
    const from = state.round;
    state = await lab.call(advance, {
      settings,
      training,
      train,
      test,
      seed: lab.seedOf(`repeat ${training.repeat}`),
      noiseSeed: lab.seedOf(`noise ${training.id}`),
      state,
      until: Math.min(settings.rounds, from + settings.evaluateEvery),
    });
    await lab.checkpoint(training.id, encodeState(state));
    add(state.scores[state.scores.length - 1]!);
    lab.advance(units * (state.round - from), `${training.id}, round ${state.round}`);
  }
  lab.advance(units * (settings.rounds - state.round));
}

/** Runs all trainings, as many at once as there are threads, and records their scores in the order of the trainings. */
export async function run(lab: Lab): Promise<void> {
  const { settings } = lab;
  const images: Images = {
    train: shared(await loadMnist('train', { limit: Math.max(...settings.members) * settings.images })),
    test: shared(await loadMnist('test', { limit: settings.testImages })),
  };
  const trainings = trainingsOf(settings);
  lab.plan(settings.rounds * trainings.reduce((sum, training) => sum + unitsOf(settings, training), 0));
  await workInOrder(trainings, lab.threads, recorder(lab, SCORES), (training, add) =>
    runTraining(lab, images, training, add),
  );
}
