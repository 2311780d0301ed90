import type { Dataset } from '../../../training/data/index.ts';
import { loadMnist } from '../../../training/data/node/index.ts';
import { createBudget } from '../../../protocol/privacy/index.ts';
import { modelOf, shared } from '../../engine/training.ts';
import type { Laboratory } from '../../laboratory/experiment.ts';
import { runTrainings, type ScoredTraining } from '../../laboratory/trainings.ts';
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

/** Member-rounds of a training, which dominate its time. */
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

function define(lab: Lab, { train, test }: Images, training: Training): ScoredTraining<TrainingState, ScoreRow> {
  const { settings } = lab;
  const units = unitsOf(settings, training);
  return {
    id: training.id,
    units: units * settings.rounds,
    begin: () => begin(lab, training),
    encode: encodeState,
    decode: decodeState,
    progress: ({ round, over }) => ({ done: units * round, over, at: `round ${round}` }),
    step: (state) =>
      lab.call(advance, {
        settings,
        training,
        train,
        test,
        seed: lab.seedOf(`repeat ${training.repeat}`),
        noiseSeed: lab.seedOf(`noise ${training.id}`),
        state,
        until: Math.min(settings.rounds, state.round + settings.evaluateEvery),
      }),
    rows: ({ scores }) => scores,
  };
}

/** Runs all trainings, one per thread at a time, and records their scores in the order of the trainings. */
export async function run(lab: Lab): Promise<void> {
  const { settings } = lab;
  const images: Images = {
    train: shared(await loadMnist('train', { limit: Math.max(...settings.members) * settings.images })),
    test: shared(await loadMnist('test', { limit: settings.testImages })),
  };
  const trainings = trainingsOf(settings);
  lab.plan(settings.rounds * trainings.reduce((sum, training) => sum + unitsOf(settings, training), 0));
  await runTrainings(lab, SCORES, trainings, (training) => define(lab, images, training));
}
