import { conv2d as convolve, conv2dRelu } from '../operations/convolution.ts';
import type { ConvolutionOptions } from '../operations/convolution.ts';
import { shapeError } from '../tape/shape.ts';
import type { WeightOptions } from './dense.ts';
import { drawWeights } from './initialise.ts';
import { noInitialise } from './layer.ts';
import type { Layer } from './layer.ts';

/**
 * A convolution with square windows: examples of shape [channels, height, width] to [filters, height', width']. Tensors
 * `weight` (filters × channels × size × size) and, unless disabled, `bias` (filters).
 */
export function conv2d(
  filters: number,
  size: number,
  { stride = 1, padding = 0, name, weights = 'he', bias: biased = true }: ConvolutionOptions & WeightOptions = {},
): Layer {
  return {
    kind: 'conv',
    ...(name !== undefined && { name }),
    build(inputShape) {
      if (inputShape.length !== 3) throw shapeError('conv2d', 'an image of channels, height and width', inputShape);
      const [channels, height, width] = inputShape as [number, number, number];
      const after = (extent: number): number => Math.floor((extent + 2 * padding - size) / stride) + 1;
      if (!(after(height) >= 1 && after(width) >= 1))
        throw shapeError('conv2d', `an image at least as large as the window of ${size}×${size}`, inputShape);
      const area = size * size;
      return {
        outputShape: [filters, after(height), after(width)],
        parameters: {
          weight: {
            shape: [filters, channels, size, size],
            initialise: (values, random) => drawWeights(weights, channels * area, filters * area, values, random),
          },
          ...(biased && { bias: { shape: [filters], initialise: noInitialise } }),
        },
        forward: (x, { weight, bias }) => convolve(x, weight!, biased ? bias : null, { stride, padding }),
        rectified: (x, { weight, bias }) => conv2dRelu(x, weight!, biased ? bias : null, { stride, padding }),
      };
    },
  };
}
