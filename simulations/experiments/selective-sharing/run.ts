import { CairnError } from '../../../protocol/errors.ts';
import type { Dataset } from '../../../training/data/index.ts';
import { Random } from '../../../training/index.ts';
import type { Laboratory } from '../../laboratory/experiment.ts';
import { recorder } from '../../laboratory/recorder.ts';
import { runTrainings, type ScoredTraining } from '../../laboratory/trainings.ts';
import { buildNetwork } from '../../models/networks.ts';
import { advance } from './advance.ts';
import { overlap, secureRound, type Simultaneous } from './exposure.ts';
import { type AccuracyRow, accuracySeries, overlapSeries, secureSeries } from './results.ts';
import type { SelectiveSharingSettings } from './settings.ts';
import { firstLocals } from './sharing.ts';
import {
  decodeState,
  encodeState,
  epochsOf,
  exposureImages,
  imagesPerEpoch,
  type Training,
  type TrainingState,
} from './trainings.ts';

/**
 * The images of each participant: all are shuffled and dealt out, `images` to each. Once fewer are left, they are
 * reshuffled, so that participants of the first pass share none, and 150 participants can hold 1 % each as in the
 * paper. A participant has the same images whatever their number.
 * @param available - number of images that exist
 * @throws CairnError `settings-invalid` if these are fewer than one participant holds
 */
export function dealShards(available: number, participants: number, images: number, seed: number): Uint32Array[] {
  if (images > available)
    throw new CairnError('settings-invalid', `images: at most the ${available} available, got ${images}`);
  const perDeal = Math.floor(available / images);
  const shards: Uint32Array[] = [];
  let order = new Uint32Array(0);
  for (let i = 0; i < participants; i++) {
    const place = i % perDeal;
    if (place === 0) {
      order = Uint32Array.from({ length: available }, (_, index) => index);
      new Random(seed, `deal ${i / perDeal}`).shuffle(order);
    }
    shards.push(order.slice(place * images, (place + 1) * images));
  }
  return shards;
}

/** The laboratory of this experiment. */
type Lab = Laboratory<SelectiveSharingSettings>;

/** Images to train and test on. */
interface Images {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** The initial parameters, which are the same for all trainings of a run. */
function firstParameters(lab: Lab): Float32Array {
  return buildNetwork('mnist', lab.settings.model).initialise(lab.seedOf('first parameters'));
}

/** The images of this many participants, from the first. */
function shardsOf(lab: Lab, { train }: Images, participants: number): Uint32Array[] {
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

function define(
  lab: Lab,
  images: Images,
  training: Training,
  ended: (state: TrainingState) => void,
): ScoredTraining<TrainingState, AccuracyRow> {
  const { settings } = lab;
  const columns = columnsOf(training);
  const perEpoch = imagesPerEpoch(training, settings);
  const { epochs, every } = epochsOf(training, settings);
  const shards =
    training.kind === 'shared'
      ? shardsOf(lab, images, training.participants)
      : training.kind === 'alone'
        ? shardsOf(lab, images, training.participant + 1).slice(-1)
        : [];
  const sharing = training.kind === 'shared' ? training : { thetaUpload: 1, epsilon: null };
  return {
    id: training.id,
    units: perEpoch * epochs,
    begin: () => begin(lab, training),
    encode: encodeState,
    decode: decodeState,
    progress: ({ epoch }) => ({ done: perEpoch * epoch, over: epoch >= epochs, at: `epoch ${epoch}` }),
    step: (state) =>
      lab.call(advance, {
        model: settings.model,
        ...images,
        shards,
        settings: { ...settings, thetaUpload: sharing.thetaUpload, epsilon: sharing.epsilon },
        shared: training.kind === 'shared',
        seed: lab.seedOf(`training ${training.id}`),
        state,
        until: Math.min(epochs, state.epoch + every),
      }),
    rows: ({ scores }) => scores.map((score) => ({ ...columns, ...score })),
    ended,
  };
}

/** Runs all trainings. @returns the final parameters of each by its id */
export async function trainAll(
  lab: Lab,
  images: Images,
  trainings: readonly Training[],
): Promise<Map<string, Float32Array>> {
  const last = new Map<string, Float32Array>();
  await runTrainings(lab, accuracySeries, trainings, (training) =>
    define(lab, images, training, ({ parameters }) => last.set(training.id, parameters)),
  );
  return last;
}

/** The training whose model is used for counting the last round: the largest N, with the largest θ_u. */
function lastTraining(trainings: readonly Training[], { settings }: Lab): string | undefined {
  const n = Math.max(...settings.participants);
  const theta = Math.max(...settings.thetaUpload);
  return trainings.find(
    (training) =>
      training.kind === 'shared' &&
      training.epsilon === null &&
      training.participants === n &&
      training.thetaUpload === theta,
  )?.id;
}

/**
 * What sparse uploads reveal when they are summed securely: rounds in which all participants upload at once, on the
 * initial parameters and on those of a trained model, counted from the uploads; and one of them through the real
 * sessions.
 */
export async function runExposure(
  lab: Lab,
  images: Images,
  trainings: readonly Training[],
  last: ReadonlyMap<string, Float32Array>,
): Promise<void> {
  const { settings } = lab;
  const trained = last.get(lastTraining(trainings, lab) ?? '');
  if (trained === undefined) return;
  const { model, participants, thetaUpload } = settings;
  const common: Omit<Simultaneous, 'parameters' | 'seed'> = {
    model,
    train: images.train,
    shards: shardsOf(lab, images, Math.max(...participants)),
    settings,
    participants,
    thetaUpload,
  };
  const first = { ...common, parameters: firstParameters(lab), seed: lab.seedOf('first round') };
  const rounds = { first, last: { ...common, parameters: trained, seed: lab.seedOf('last round') } };
  const entropy = lab.randomOf('secure round')(32);
  // A secure round needs at least two members.
  const secure = participants[0]! > 1 ? [lab.call(secureRound, { ...first, entropy })] : [];
  const [counted, sessions] = await Promise.all([
    Promise.all(
      (['first', 'last'] as const).map(async (round) => {
        const rows = await lab.call(overlap, rounds[round]);
        return rows.map((row) => ({ round, ...row }));
      }),
    ),
    Promise.all(secure),
  ]);
  counted.flat().forEach(recorder(lab, overlapSeries));
  sessions.forEach(recorder(lab, secureSeries));
  lab.advance(exposureImages(settings), 'coordinates that a sum reveals');
}
