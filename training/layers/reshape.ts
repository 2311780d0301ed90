import { reshape as arrange } from '../operations/broadcast.ts';
import { shapeError, sizeOf } from '../tape/shape.ts';
import type { Shape } from '../tape/shape.ts';
import type { Layer } from './layer.ts';

/** The same elements of each example, row-major, in another shape; `build` refuses a different number of elements. */
export function reshape(shape: Shape): Layer {
  return {
    kind: 'reshape',
    build(inputShape) {
      if (sizeOf(inputShape) !== sizeOf(shape))
        throw shapeError('reshape', `examples of ${sizeOf(shape)} elements`, inputShape);
      return { outputShape: shape, parameters: {}, forward: (x) => arrange(x, [x.shape[0]!, ...shape]) };
    },
  };
}

/** Examples of any shape to vectors, row-major. */
export function flatten(): Layer {
  return { kind: 'flatten', build: (inputShape) => reshape([sizeOf(inputShape)]).build(inputShape) };
}
