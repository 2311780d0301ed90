import { layers, type Model, sequential } from '../../training/index.ts';

const { dense, flatten, maxPool2d, relu } = layers;

/**
 * A network for MNIST of 3 322 parameters: a pool of 2, 16 units, 10; examples of shape [1, 28, 28]. Noise for
 * differential privacy has the same size in every coordinate, so that its norm grows with the root of their number,
 * while the clip bounds the norm of an update whatever that is: few parameters drown last.
 */
export function mnistSmall(): Model {
  return sequential([maxPool2d(2), flatten(), dense(16), relu(), dense(10, { weights: 'glorot' })], [1, 28, 28]);
}
