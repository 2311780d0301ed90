import { layers, sequential } from '../../../training/index.ts';
import type { Model } from '../../../training/index.ts';
import { SIDE } from '../../models/mnist.ts';
import { buildNetwork } from '../../models/networks.ts';

/** The class that no participant's images have: the label of the adversary's samples. */
export const FAKE = 10;

/** Outputs of the shared model. */
export const CLASSES = 11;

const { batchNorm, conv2d, convTranspose2d, dense, flatten, maxPool2d, relu, reshape, tanh } = layers;

/** Numbers from which the generator makes an image. */
export const LATENT = 100;

/** The value of a black pixel in the generator's tanh output; every network of the experiment uses this scale. */
export const BLACK = -1;

/** The value of a white pixel. */
export const WHITE = 1;

/**
 * The jointly trained model, which is also the generator's discriminator: the paper's network with one more class, 105
 * 707 parameters.
 */
export function sharedModel(): Model {
  return buildNetwork('mnist', 'cnn', CLASSES);
}

/**
 * The DCGAN generator (Radford et al. 2016) in Hitaj's sizes: 100 numbers to `width` × 4 × 4 (256 in the paper), each
 * transposed convolution halves the channels and doubles the sides, tanh at the end.
 */
export function generatorModel(width: number): Model {
  const up = (channels: number) => convTranspose2d(channels, 4, { stride: 2, padding: 1, bias: false });
  return sequential(
    [
      dense(width * 16, { bias: false }),
      reshape([width, 4, 4]),
      batchNorm(),
      relu(),
      up(width / 2),
      batchNorm(),
      relu(),
      up(width / 4),
      batchNorm(),
      relu(),
      convTranspose2d(1, 4, { stride: 2, padding: 1, weights: 'glorot' }),
      tanh(),
    ],
    [LATENT],
  );
}

/** The network that judges samples: of a different shape than the shared one, and not part of the federation. */
export function classifierModel(): Model {
  return sequential(
    [
      conv2d(8, 5, { padding: 2 }),
      maxPool2d(2),
      relu(),
      conv2d(16, 5, { padding: 2 }),
      maxPool2d(2),
      relu(),
      flatten(),
      dense(64),
      relu(),
      dense(10, { weights: 'glorot' }),
    ],
    [1, SIDE, SIDE],
  );
}

/** Place of the largest of each row of `columns` values: the class that a model predicts for an example. */
export function largestOfRows(rows: Float32Array, columns: number): Uint8Array {
  return Uint8Array.from({ length: rows.length / columns }, (_, row) => {
    const values = rows.subarray(row * columns, (row + 1) * columns);
    return values.indexOf(values.reduce((a, b) => Math.max(a, b)));
  });
}
