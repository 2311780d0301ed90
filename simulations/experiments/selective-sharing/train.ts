import type { Dataset } from '../../../training/data/index.ts';
import { workInOrder } from '../../laboratory/in-order.ts';
import type { Laboratory } from '../../laboratory/laboratory.ts';
import { recorder } from '../../laboratory/recorder.ts';
import { buildNetwork } from '../../models/networks.ts';
import { advance } from './advance.ts';
import { accuracySeries, type AccuracyRow } from './series.ts';
import { dealShards } from './shards.ts';
import { firstLocals } from './shared.ts';
import type { SelectiveSharingSettings } from './settings.ts';
import { decodeState, encodeState, type TrainingState } from './state.ts';
import { epochsOf, imagesPerEpoch, type Training } from './trainings.ts';

/** The laboratory of this experiment. */
export type Lab = Laboratory<SelectiveSharingSettings>;

/** Images to train and test on. */
export interface Images {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** The first parameters, which are the same for all trainings of a run. */
export function firstParameters(lab: Lab): Float32Array {
  return buildNetwork('mnist', lab.settings.model).initialise(lab.seedOf('first parameters'));
}

/** The images of the first so many participants. */
export function shardsOf(lab: Lab, { train }: Images, participants: number): Uint32Array[] {
  return dealShards(train.examples, participants, lab.settings.images, lab.seedOf('shards'));
}

function begin(lab: Lab, training: Training): TrainingState {
  const parameters = firstParameters(lab);
  const participants = training.kind === 'shared' ? training.participants : 0;
  return {
    epoch: 0,
    parameters,
    updates: new Float32Array(parameters.length),
    locals: firstLocals(parameters, participants, lab.settings.thetaDownload),
    scores: [],
  };
}

/** Columns of a row that are the same for all scores of a training. */
function columnsOf(
  training: Training,
): Pick<AccuracyRow, 'training' | 'kind' | 'participants' | 'thetaUpload' | 'epsilon'> {
  const { id, kind } = training;
  const none = { participants: null, thetaUpload: null, epsilon: null };
  if (kind !== 'shared') return { training: id, kind, ...none };
  const { participants, thetaUpload, epsilon } = training;
  return { training: id, kind, participants, thetaUpload, epsilon };
}

async function runTraining(
  lab: Lab,
  images: Images,
  training: Training,
  add: (row: AccuracyRow) => void,
): Promise<Float32Array> {
  const { settings } = lab;
  const saved = await lab.restore(training.id);
  let state = saved === undefined ? begin(lab, training) : decodeState(saved);
  const columns = columnsOf(training);
  for (const score of state.scores) add({ ...columns, ...score });
  const perEpoch = imagesPerEpoch(training, settings);
  const { epochs, every } = epochsOf(training, settings);
  lab.advance(perEpoch * state.epoch, training.id);
  const shards =
    training.kind === 'shared'
      ? shardsOf(lab, images, training.participants)
      : training.kind === 'alone'
        ? shardsOf(lab, images, training.participant + 1).slice(-1)
        : [];
  const sharing = training.kind === 'shared' ? training : { thetaUpload: 1, epsilon: null };
  while (state.epoch < epochs) {
    lab.signal.throwIfAborted();
    const from = state.epoch;
    state = await lab.call(advance, {
      model: settings.model,
      ...images,
      shards,
      settings: { ...settings, thetaUpload: sharing.thetaUpload, epsilon: sharing.epsilon },
      shared: training.kind === 'shared',
      seed: lab.seedOf(`training ${training.id}`),
      state,
      until: Math.min(epochs, from + every),
    });
    await lab.checkpoint(training.id, encodeState(state));
    add({ ...columns, ...state.scores[state.scores.length - 1]! });
    lab.advance(perEpoch * (state.epoch - from), `${training.id}, epoch ${state.epoch}`);
  }
  return state.parameters;
}

/**
 * Runs trainings, as many at once as there are threads, and records their scores in the order of the trainings. Those
 * that a resumed run has recorded already are not recorded again.
 * @returns the last parameters of each by its id
 */
export async function runTrainings(
  lab: Lab,
  images: Images,
  trainings: readonly Training[],
): Promise<Map<string, Float32Array>> {
  const last = new Map<string, Float32Array>();
  await workInOrder(trainings, lab.threads, recorder(lab, accuracySeries), async (training, add) => {
    last.set(training.id, await runTraining(lab, images, training, add));
  });
  return last;
}
