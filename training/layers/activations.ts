import * as pointwise from '../operations/pointwise.ts';
import * as rectify from '../operations/rectify.ts';
import type { Tensor } from '../tape/tape.ts';
import type { Layer } from './layer.ts';

function activation(kind: string, apply: (x: Tensor) => Tensor): Layer {
  return { kind, build: (inputShape) => ({ outputShape: inputShape, parameters: {}, forward: apply }) };
}

/** x above 0, otherwise 0. */
export function relu(): Layer {
  return activation('relu', rectify.relu);
}

/** x above 0, otherwise slope · x. */
export function leakyRelu(slope = 0.01): Layer {
  return activation('leakyRelu', (x) => rectify.leakyRelu(x, slope));
}

/** 1 / (1 + e^−x). */
export function sigmoid(): Layer {
  return activation('sigmoid', pointwise.sigmoid);
}

/** The hyperbolic tangent. */
export function tanh(): Layer {
  return activation('tanh', pointwise.tanh);
}
