import { shapeError } from '../tape/shape.ts';
import type { Shape } from '../tape/shape.ts';
import type { Tensor } from '../tape/tape.ts';
import { add, div, mean, mul, sub } from './arithmetic.ts';
import { reshape } from './broadcast.ts';
import { sqrt, square } from './pointwise.ts';

/** Mean and variance of each channel, one element per channel. */
export interface Moments {
  readonly mean: Tensor;
  /** The mean squared distance from the mean: divided by the number of values, not by one fewer. */
  readonly variance: Tensor;
}

// The axes besides the channels', and the shape in which one value per channel broadcasts.
function channelsOf(operation: string, { shape }: Tensor): { axes: number[]; spread: Shape } {
  if (shape.length === 2) return { axes: [0], spread: [shape[1]!] };
  if (shape.length === 4) return { axes: [0, 2, 3], spread: [shape[1]!, 1, 1] };
  throw shapeError(operation, 'N × C or N × C × H × W', shape);
}

/**
 * Mean and variance of each channel of N × C or N × C × H × W over all other axes, as in batch normalisation.
 * @throws CairnError `tensor-shape` for a different number of axes
 */
export function moments(x: Tensor): Moments {
  const { axes, spread } = channelsOf('moments', x);
  const centre = mean(x, axes);
  return { mean: centre, variance: mean(square(sub(x, reshape(centre, spread))), axes) };
}

/**
 * (x − mean) · weight / √(variance + epsilon) + bias for each channel of N × C or N × C × H × W; the other tensors have
 * one element per channel. All of them may be differentiated.
 * @throws CairnError `tensor-shape` if these do not fit
 */
export function normalise(
  x: Tensor,
  { mean: centre, variance }: Moments,
  weight: Tensor,
  bias: Tensor,
  epsilon: number,
): Tensor {
  const { spread } = channelsOf('normalise', x);
  for (const each of [centre, variance, weight, bias])
    if (each.size !== x.shape[1]) throw shapeError('normalise', `${x.shape[1]} elements`, each.shape);
  const factor = div(weight, sqrt(add(variance, x.tape.full([], epsilon))));
  return add(mul(sub(x, reshape(centre, spread)), reshape(factor, spread)), reshape(bias, spread));
}
