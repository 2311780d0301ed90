import { conv2d, dense, flatten, maxPool2d, relu, sequential } from './layers/index.ts';
import type { Model } from './layers/index.ts';

/** The reference network for MNIST: 784-128-64-10, 109 386 parameters; examples of shape [784], pixels from 0 to 1. */
export function mnistMlp(): Model {
  return sequential([dense(128), relu(), dense(64), relu(), dense(10, { weights: 'glorot' })], [784]);
}

/**
 * The reference convolutional network for MNIST: 5×5×8, pool 2, 5×5×16, pool 2, 128, 10; padding keeps the image's size
 * up to the pools, as in McMahan et al. 2017. 105 194 parameters; examples of shape [1, 28, 28], pixels from 0 to 1.
 * The rectifiers come after the pools: the function is the same, since a maximum and a rectifier commute, at a quarter
 * of the work.
 */
export function mnistCnn(): Model {
  return sequential(
    [
      conv2d(8, 5, { padding: 2 }),
      maxPool2d(2),
      relu(),
      conv2d(16, 5, { padding: 2 }),
      maxPool2d(2),
      relu(),
      flatten(),
      dense(128),
      relu(),
      dense(10, { weights: 'glorot' }),
    ],
    [1, 28, 28],
  );
}
