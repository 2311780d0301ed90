import type { Dataset } from '../../../training/data/index.ts';
import { Random } from '../../../training/index.ts';
import { loadPaddedMnist } from '../../models/mnist.ts';
import { BLACK, WHITE } from './networks.ts';

/** What all tasks read, in shared memory. */
export interface Images {
  /** The first of MNIST's 60 000 images, black and white as the generator has them. */
  readonly train: Dataset;
  /** How many of these, from the first, participants draw theirs from; the classifier learns from those behind. */
  readonly federated: number;
  /** From which of them on nobody trains on any, the classifier neither. */
  readonly heldOutFrom: number;
  /** Its 10 000 images to test on: nobody trains on them. */
  readonly test: Dataset;
}

// The rarest digit is 9 % of the images; a few hundred more make up for luck.
const PER_CLASS = 11.5;
const SPARE = 500;

/** How many images hold `perClass` of every class. */
export function poolFor(perClass: number): number {
  return Math.ceil(perClass * PER_CLASS) + SPARE;
}

/**
 * Loads MNIST: what `perClass` images of each class for participants need, so many for the classifier, and behind them
 * as many as participants have, for nobody.
 * @throws CairnError `data-missing`, `data-malformed`
 */
export async function loadImages(perClass: number, forClassifier: number): Promise<Images> {
  const range = { black: BLACK, white: WHITE };
  const federated = poolFor(perClass);
  const heldOutFrom = federated + forClassifier;
  const train = await loadPaddedMnist('train', { ...range, limit: heldOutFrom + federated });
  return { train, federated, heldOutFrom, test: await loadPaddedMnist('test', range) };
}

/** The places of up to `count` of the images of one class, drawn by the seed. */
export function placesOf(labels: Uint8Array, label: number, count: number, seed: number): Uint32Array {
  const places = Uint32Array.from(labels.keys()).filter((place) => labels[place] === label);
  return new Random(seed, `images of ${label}`).shuffle(places).slice(0, count);
}
