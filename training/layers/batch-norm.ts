import { moments, normalise } from '../operations/normalise.ts';
import type { Moments } from '../operations/normalise.ts';
import { shapeError, sizeOf } from '../tape/shape.ts';
import type { Tensor } from '../tape/tape.ts';
import { noInitialise } from './layer.ts';
import type { Layer } from './layer.ts';

/** Options of {@link batchNorm}. */
export interface BatchNormOptions {
  /** Weight of a batch's moments in the running ones, from 0 to 1; 0.1 by default. */
  readonly momentum?: number;
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number;
  /** Name of the layer's tensors; by default the kind and a number, such as `batchNorm1`. */
  readonly name?: string;
}

// Each store rounds once, to the heap's width, so wasm and its twin agree.
function follow(running: Tensor, batch: Tensor, share: number, correction: number): void {
  const heap = running.tape.heap.reals;
  for (let i = 0; i < running.size; i++)
    heap[running.at + i] = (1 - share) * heap[running.at + i]! + share * correction * heap[batch.at + i]!;
}

// Copies, because training changes the running moments in place and a recorded operation keeps its inputs. An aggregate
// may be off by rounding or a server's step: a variance below zero counts as zero.
function snapshot(mean: Tensor, variance: Tensor): Moments {
  const { tape } = mean;
  return {
    mean: tape.tensor(mean.shape, Float64Array.from(mean.raw())),
    variance: tape.tensor(
      variance.shape,
      Float64Array.from(variance.raw(), (v) => Math.max(v, 0)),
    ),
  };
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015) of vectors [channels] or images [channels, height, width]. In training
 * each channel is normalised by the batch's mean and variance, and gradients flow through both; in inference, by
 * running ones. Tensors `weight` (from 1) and `bias` (from 0) are trained.
 *
 * The running moments are the tensors `mean` (from 0) and `variance` (from 1) of the model's layout, so they are sent
 * and averaged like the rest. They are not trained: a pass in training replaces r by (1 − momentum) · r + momentum ·
 * batch, in place, with the batch's variance unbiased (n / (n − 1), as in the paper's algorithm 2). They get no
 * gradient, and no optimiser or proximal term touches them.
 *
 * A single value per channel has no variance: training on it would pull the running one to 0, and every output to the
 * bias. So a batch of vectors needs at least two examples, and a training pass over fewer is a CairnError
 * `tensor-shape`.
 * @throws RangeError for a momentum outside [0, 1] or an epsilon not above 0
 */
export function batchNorm({ momentum = 0.1, epsilon = 1e-5, name }: BatchNormOptions = {}): Layer {
  if (!(momentum >= 0 && momentum <= 1)) throw new RangeError(`momentum: expected from 0 to 1, got ${momentum}`);
  if (!(epsilon > 0)) throw new RangeError(`epsilon: expected above 0, got ${epsilon}`);
  return {
    kind: 'batchNorm',
    ...(name !== undefined && { name }),
    build(inputShape) {
      if (inputShape.length !== 1 && inputShape.length !== 3)
        throw shapeError('batchNorm', 'a vector, or an image of channels, height and width', inputShape);
      const shape = [inputShape[0]!];
      const ones = (values: Float32Array): void => void values.fill(1);
      return {
        outputShape: inputShape,
        minBatch: sizeOf(inputShape) === inputShape[0]! ? 2 : 1,
        parameters: {
          weight: { shape, initialise: ones },
          bias: { shape, initialise: noInitialise },
          mean: { shape, initialise: noInitialise, trained: false },
          variance: { shape, initialise: ones, trained: false },
        },
        forward(x, { weight, bias, mean, variance }, { training }) {
          if (!training) return normalise(x, snapshot(mean!, variance!), weight!, bias!, epsilon);
          const count = x.size / mean!.size;
          if (count < 2) throw shapeError('batchNorm', 'in training, at least two values per channel', x.shape);
          const batch = moments(x);
          follow(mean!, batch.mean, momentum, 1);
          follow(variance!, batch.variance, momentum, count / (count - 1));
          return normalise(x, batch, weight!, bias!, epsilon);
        },
      };
    },
  };
}
