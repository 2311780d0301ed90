import type { Dataset } from '../../../training/data/index.ts';
import { type Model, Random, sgd, trainEpochs } from '../../../training/index.ts';
import { countOf, selectLargest, selectRandom, type SparseUpdate } from './selection.ts';
import type { SelectiveSharingSettings } from './settings.ts';
import { sparseVector } from './sparse-vector.ts';

/** What local training needs to know. */
export type LocalSettings = Pick<SelectiveSharingSettings, 'learningRate' | 'batchSize'>;

/** A seed of 53 bits that depends only on another seed and a label. */
export function seedFor(seed: number, label: string): number {
  const random = new Random(seed, label);
  return (random.next() >>> 11) * 2 ** 32 + random.next();
}

/** One epoch of SGD over the data, on parameters in place. */
export async function trainEpoch(
  model: Model,
  parameters: Float32Array,
  data: Dataset,
  { learningRate, batchSize }: LocalSettings,
  seed: number,
  signal: AbortSignal,
): Promise<void> {
  const optimiser = sgd({ learningRate });
  await trainEpochs({ model, parameters, data, epochs: 1, batchSize, optimiser, seed, signal });
}

/** The settings that determine which part of a change is uploaded. */
export type UploadSettings = Pick<SelectiveSharingSettings, 'selection' | 'tau' | 'gamma'> & {
  readonly thetaUpload: number;
  /** Budget per uploaded parameter; null without noise. */
  readonly epsilon: number | null;
};

/** Chooses and bounds the part of its change that a participant uploads. */
export function chooseUpload(
  change: Float32Array,
  { thetaUpload, epsilon, selection, tau, gamma }: UploadSettings,
  random: Random,
): SparseUpdate {
  const count = countOf(thetaUpload, change.length);
  if (epsilon !== null) return sparseVector(change, { epsilon: epsilon * count, count, tau, gamma }, random);
  return selection === 'largest'
    ? selectLargest(change, count, gamma)
    : selectRandom(change, count, { tau, gamma }, random);
}
