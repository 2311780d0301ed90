import { decodeCheckpoint, encodeCheckpoint } from '../../laboratory/checkpoint.ts';
import { TRAINING_IMAGES } from '../common/parameters.ts';
import type { SelectiveSharingSettings } from './settings.ts';

/** One training of the experiment, from initial to final parameters. */
export type Training = {
  /** Names it in rows, checkpoints and seeds. */
  readonly id: string;
} & (
  | { readonly kind: 'centralised' }
  | { readonly kind: 'alone'; readonly participant: number }
  | {
      readonly kind: 'shared';
      readonly participants: number;
      readonly thetaUpload: number;
      /** Budget per uploaded parameter; null without noise. */
      readonly epsilon: number | null;
    }
);

/** All trainings requested by the settings, in the order in which their rows are recorded. */
export function trainingsOf(settings: SelectiveSharingSettings): Training[] {
  const { baselines, aloneParticipants, participants, thetaUpload } = settings;
  const { epsilon, privateParticipants, privateThetaUpload } = settings;
  const trainings: Training[] = [];
  if (baselines.includes('centralised')) trainings.push({ id: 'centralised', kind: 'centralised' });
  if (baselines.includes('alone'))
    for (let participant = 0; participant < aloneParticipants; participant++)
      trainings.push({ id: `alone-${participant}`, kind: 'alone', participant });
  for (const n of participants)
    for (const theta of thetaUpload)
      trainings.push({ id: `n${n}-u${theta}`, kind: 'shared', participants: n, thetaUpload: theta, epsilon: null });
  for (const n of privateParticipants)
    for (const budget of epsilon)
      trainings.push({
        id: `n${n}-u${privateThetaUpload}-e${budget}`,
        kind: 'shared',
        participants: n,
        thetaUpload: privateThetaUpload,
        epsilon: budget,
      });
  return trainings;
}

/** Epochs of a training, and epochs between evaluations on the test set. */
export function epochsOf(
  { kind }: Training,
  { epochs, centralisedEpochs, aloneEpochs, evaluateEvery }: SelectiveSharingSettings,
): { readonly epochs: number; readonly every: number } {
  if (kind === 'shared') return { epochs, every: evaluateEvery };
  // Alone, an epoch takes less time than an evaluation on the test set.
  return kind === 'alone'
    ? { epochs: aloneEpochs, every: 5 * evaluateEvery }
    : { epochs: centralisedEpochs, every: evaluateEvery };
}

/** Images processed by all trainings and by the rounds in which contributors are counted. */
export function imagesOf(settings: SelectiveSharingSettings): number {
  const training = trainingsOf(settings).reduce(
    (sum, one) => sum + epochsOf(one, settings).epochs * imagesPerEpoch(one, settings),
    0,
  );
  return training + exposureImages(settings);
}

/** Images processed by the rounds in which contributors are counted: the first, the last and the secure one. */
export function exposureImages({ participants, thetaUpload, images }: SelectiveSharingSettings): number {
  return thetaUpload.length === 0 ? 0 : (2 * Math.max(...participants) + participants[0]!) * images;
}

/** Images processed by an epoch of a training. */
export function imagesPerEpoch(training: Training, { images }: SelectiveSharingSettings): number {
  if (training.kind === 'centralised') return TRAINING_IMAGES;
  return training.kind === 'alone' ? images : training.participants * images;
}

/** Scores of parameters on the test set after some epochs. */
type Score = {
  readonly epoch: number;
  /** Share of test images classified correctly. */
  readonly accuracy: number;
  /** Mean cross-entropy per image, in nats; null if it is not finite. */
  readonly loss: number | null;
  /** Mean number of parameters of an upload in this epoch; null for baselines. */
  readonly uploaded: number | null;
  /** How often a participant's training diverged since the last score, so that it had no upload; null for baselines. */
  readonly diverged: number | null;
};

/** State of a training between two epochs. */
export interface TrainingState {
  /** Epochs done. */
  readonly epoch: number;
  /** The model: the participant's, or the global parameters. */
  readonly parameters: Float32Array;
  /** How often each was uploaded; all zero for baselines. */
  readonly updates: Float32Array;
  /** Each participant's own parameters; empty if downloads replace them all. */
  readonly locals: readonly Float32Array[];
  readonly scores: readonly Score[];
}

/** A state as the bytes of a checkpoint. */
export function encodeState({ epoch, parameters, updates, locals, scores }: TrainingState): Uint8Array {
  return encodeCheckpoint({ header: { epoch, scores }, vectors: [parameters, updates, ...locals] });
}

/** Reads what {@link encodeState} wrote. @throws CairnError `model-malformed` for a length that does not fit */
export function decodeState(bytes: Uint8Array): TrainingState {
  const { header, vectors } = decodeCheckpoint<Pick<TrainingState, 'epoch' | 'scores'>>(bytes, 2);
  const [parameters, updates, ...locals] = vectors as [Float32Array, Float32Array, ...Float32Array[]];
  return { ...header, parameters, updates, locals };
}
