import { affine, affineRelu, matmul } from '../operations/matrix.ts';
import { shapeError } from '../tape/shape.ts';
import { drawWeights } from './initialise.ts';
import type { WeightScheme } from './initialise.ts';
import { noInitialise } from './layer.ts';
import type { Layer } from './layer.ts';

/** Options of a layer with weights. */
export interface WeightOptions {
  /** Name of the layer's tensors; by default the kind and a number, such as `dense1`. */
  readonly name?: string;
  /** How weights are drawn; `he` by default. Biases start at zero. */
  readonly weights?: WeightScheme;
  /** Whether the layer has a bias; true by default. Before batch normalisation it would have no effect. */
  readonly bias?: boolean;
}

/**
 * A dense layer: examples of shape [inputs] to [units]. Tensors `weight` (inputs × units) and, unless disabled, `bias`
 * (units).
 */
export function dense(units: number, { name, weights = 'he', bias: biased = true }: WeightOptions = {}): Layer {
  return {
    kind: 'dense',
    ...(name !== undefined && { name }),
    build(inputShape) {
      if (inputShape.length !== 1) throw shapeError('dense', 'a vector (put flatten() before)', inputShape);
      const [inputs] = inputShape as [number];
      return {
        outputShape: [units],
        parameters: {
          weight: {
            shape: [inputs, units],
            initialise: (values, random) => drawWeights(weights, inputs, units, values, random),
          },
          ...(biased && { bias: { shape: [units], initialise: noInitialise } }),
        },
        forward: (x, { weight, bias }) => (biased ? affine(x, weight!, bias!) : matmul(x, weight!)),
        ...(biased && { rectified: (x, { weight, bias }) => affineRelu(x, weight!, bias!) }),
      };
    },
  };
}
