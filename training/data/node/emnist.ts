import { assertOptions } from '../../../protocol/options.ts';
import type { Dataset } from '../dataset.ts';
import { CHOICE, type ExampleChoice, loadIdx } from './idx.ts';
import { idxFile } from './idx-folder.ts';

/** The data sets of EMNIST: letter labels begin at 1, all others at 0. */
const SPLITS = {
  balanced: { classes: 47, firstLabel: 0 },
  byclass: { classes: 62, firstLabel: 0 },
  bymerge: { classes: 47, firstLabel: 0 },
  digits: { classes: 10, firstLabel: 0 },
  letters: { classes: 26, firstLabel: 1 },
  mnist: { classes: 10, firstLabel: 0 },
} as const;

/** Which of EMNIST's data sets. */
export type EmnistSplit = keyof typeof SPLITS;

/** Where EMNIST is, and which of its examples to load. */
export interface EmnistOptions extends ExampleChoice {
  /** The folder with `emnist-letters-train-images-idx3-ubyte.gz` and the like, compressed or not. */
  readonly folder: string;
}

/**
 * Loads handwritten characters (Cohen et al. 2017): shape 1 × 28 × 28, upright like MNIST's, although the files have
 * each image mirrored along its diagonal. Letters are classes 0 (A) to 25 (Z), although the files count them from 1.
 * @throws CairnError as `loadIdx` does
 */
export async function loadEmnist(split: EmnistSplit, part: 'train' | 'test', options: EmnistOptions): Promise<Dataset> {
  assertOptions<EmnistOptions>('options of loadEmnist', options, { ...CHOICE, folder: 'string' }, ['folder']);
  const { folder, ...choice } = options;
  const stem = `emnist-${split}-${part}`;
  const hint = 'put the files of EMNIST’s binary format there';
  return loadIdx({
    images: await idxFile(folder, stem, 'images-idx3', hint),
    labels: await idxFile(folder, stem, 'labels-idx1', hint),
    transposed: true,
    ...SPLITS[split],
    ...choice,
  });
}
