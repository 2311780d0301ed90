import { convTranspose2d as spread } from '../operations/convolution.ts';
import type { TransposedOptions } from '../operations/convolution.ts';
import { shapeError } from '../tape/shape.ts';
import type { WeightOptions } from './dense.ts';
import { drawWeights } from './initialise.ts';
import { noInitialise } from './layer.ts';
import type { Layer } from './layer.ts';

/**
 * A transposed convolution with square windows: examples of shape [filters, height, width] to [channels, height',
 * width'], where height' = (height − 1) · stride − 2 · padding + size + outputPadding. Tensors `weight` (filters ×
 * channels × size × size) and, unless disabled, `bias` (channels).
 */
export function convTranspose2d(
  channels: number,
  size: number,
  {
    stride = 1,
    padding = 0,
    outputPadding = 0,
    name,
    weights = 'he',
    bias: biased = true,
  }: TransposedOptions & WeightOptions = {},
): Layer {
  return {
    kind: 'convTranspose',
    ...(name !== undefined && { name }),
    build(inputShape) {
      if (inputShape.length !== 3)
        throw shapeError('convTranspose2d', 'an image of channels, height and width', inputShape);
      const [filters, height, width] = inputShape as [number, number, number];
      const reach = (extent: number): number => (extent - 1) * stride - 2 * padding + size + outputPadding;
      if (!(reach(height) >= 1 && reach(width) >= 1))
        throw shapeError('convTranspose2d', `an image larger than what a padding of ${padding} removes`, inputShape);
      // An output place is reached by one in stride² of the window's places.
      const fan = (size * size) / (stride * stride);
      return {
        outputShape: [channels, reach(height), reach(width)],
        parameters: {
          weight: {
            shape: [filters, channels, size, size],
            initialise: (values, random) => drawWeights(weights, filters * fan, channels * fan, values, random),
          },
          ...(biased && { bias: { shape: [channels], initialise: noInitialise } }),
        },
        forward: (x, { weight, bias }) => spread(x, weight!, biased ? bias : null, { stride, padding, outputPadding }),
      };
    },
  };
}
