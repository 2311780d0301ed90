import { type Layer, layers, type Model, sequential } from '../../training/index.ts';

const { conv2d, dense, flatten, maxPool2d, relu } = layers;

/** Images for the papers' networks: one channel (MNIST) or three (SVHN) of 32 × 32 pixels. */
type NetworkData = 'mnist' | 'svhn';

/** The two kinds of networks: fully connected, and with convolutions. */
export type NetworkKind = 'mlp' | 'cnn';

const CHANNELS: Readonly<Record<NetworkData, number>> = { mnist: 1, svhn: 3 };

// Rectifiers come after the pools: a maximum and a rectifier commute, and there are fewer values by then.
const convolution = (filters: number, pool: number): Layer[] => [conv2d(filters, 5), maxPool2d(pool), relu()];

const CONVOLUTIONS: Readonly<Record<NetworkData, () => Layer[]>> = {
  // 32 → 28 → 9 → 5 → 2: 256 values.
  mnist: () => [...convolution(32, 3), ...convolution(64, 2), flatten(), dense(200), relu()],
  // 32 → 28 → 14 → 10 → 5: 1 600 values.
  svhn: () => [...convolution(64, 2), ...convolution(64, 2), flatten(), dense(128), relu()],
};

/**
 * A network of Shokri and Shmatikov (CCS 2015), also used by Hitaj et al. (CCS 2017); examples of shape [1, 32, 32] for
 * MNIST and [3, 32, 32] for SVHN. Parameters with ten classes, as in the paper: MNIST 140 106 (mlp) and 105 506 (cnn),
 * SVHN 402 250 and 313 546. The paper's text gives the sizes of the MNIST networks; those of the SVHN networks are
 * derived from the number of parameters: 3072-128-64-10, and two layers of 64 filters of 5×5, each with a pool of 2,
 * before 128 units. Activations are rectifiers.
 */
export function buildNetwork(data: NetworkData, kind: NetworkKind, classes = 10): Model {
  const inner = kind === 'cnn' ? CONVOLUTIONS[data]() : [flatten(), dense(128), relu(), dense(64), relu()];
  return sequential([...inner, dense(classes, { weights: 'glorot' })], [CHANNELS[data], 32, 32]);
}

/**
 * A network for MNIST of 3 322 parameters: a pool of 2, 16 units, 10; examples of shape [1, 28, 28]. Noise for
 * differential privacy has the same size in every coordinate, so its norm grows with the square root of their number,
 * while the clip bounds an update's norm whatever the number: a small model is drowned last.
 */
export function mnistSmall(): Model {
  return sequential([maxPool2d(2), flatten(), dense(16), relu(), dense(10, { weights: 'glorot' })], [1, 28, 28]);
}
