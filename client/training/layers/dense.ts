import { affine } from '../operations/matrix.ts';
import { shapeError } from '../tape/shape.ts';
import { drawWeights } from './initialise.ts';
import type { WeightScheme } from './initialise.ts';
import type { Layer } from './layer.ts';

/** What a layer with weights may be told. */
export interface WeightOptions {
  /** Name of the layer's tensors; by default the kind and a number, such as `dense1`. */
  readonly name?: string;
  /** How weights are drawn; `he` by default. Biases start at zero. */
  readonly weights?: WeightScheme;
}

/**
 * A dense layer: examples of shape [inputs] to [units]. Tensors `weight` (inputs × units) and `bias` (units).
 */
export function dense(units: number, { name, weights = 'he' }: WeightOptions = {}): Layer {
  return {
    kind: 'dense',
    ...(name !== undefined && { name }),
    build(inputShape) {
      if (inputShape.length !== 1) throw shapeError('dense', 'a vector (put flatten() before)', inputShape);
      const [inputs] = inputShape;
      return {
        outputShape: [units],
        parameters: {
          weight: {
            shape: [inputs, units],
            initialise: (values, random) => drawWeights(weights, inputs, units, values, random),
          },
          bias: { shape: [units], initialise: () => undefined },
        },
        forward: (x, { weight, bias }) => affine(x, weight, bias),
      };
    },
  };
}
