import { recorder } from '../../laboratory/recorder.ts';
import { overlap, type Simultaneous } from './overlap.ts';
import { secureRound } from './secure-round.ts';
import { overlapSeries, secureSeries } from './series.ts';
import { firstParameters, type Images, type Lab, shardsOf } from './train.ts';
import { type Training, exposureImages } from './trainings.ts';

/** The training whose model the last round is counted on: the largest N, with the largest θ_u. */
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
 * What sparse uploads reveal when they are summed securely: rounds in which everybody uploads at once, on the first
 * parameters and on those of a trained model, counted from the uploads; and one of them through the real sessions.
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
  // A secure round takes two members at least.
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
