import type { Dataset } from '../../../client/data/index.ts';
import { Random } from '../../../client/training/index.ts';
import { loadPaddedMnist } from '../../models/mnist.ts';
import { BLACK, WHITE } from './networks.ts';

/** How many of MNIST's 60 000 images participants draw theirs from: the first; the classifier learns from those behind. */
export const FEDERATED = 30_000;

/** What all tasks read, in shared memory. */
export interface Images {
  /** The first of MNIST's 60 000 images, black and white as the generator has them; participants draw from FEDERATED. */
  readonly train: Dataset;
  /** Its 10 000 images to test on: nobody trains on them. */
  readonly test: Dataset;
}

/** Loads MNIST, with so many images for the classifier. @throws CairnError `data-missing`, `data-malformed` */
export async function loadImages(forClassifier: number): Promise<Images> {
  const range = { black: BLACK, white: WHITE };
  return {
    train: await loadPaddedMnist('train', { ...range, limit: FEDERATED + forClassifier }),
    test: await loadPaddedMnist('test', range),
  };
}

/** The places of up to `count` images of one class among the places `from` … `to` − 1, drawn by the seed. */
export function placesOf(
  labels: Uint8Array,
  label: number,
  count: number,
  seed: number,
  { from = 0, to = labels.length }: { readonly from?: number; readonly to?: number } = {},
): Uint32Array {
  const places = [];
  for (let i = from; i < Math.min(to, labels.length); i++) if (labels[i] === label) places.push(i);
  return new Random(seed, `images of ${label}`).shuffle(Uint32Array.from(places)).slice(0, count);
}
