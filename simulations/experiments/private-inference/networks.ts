import { type Network, NetworkBuilder } from '../../../inference/index.ts';
import { type Layer, layers, type Model, operations, sequential } from '../../../training/index.ts';
import type { NetworkName } from './settings.ts';

const { conv2d, dense, flatten, relu } = layers;

/** The first layer of Chameleon's network: 5 maps of 13 × 13, 845 values. */
const CONVOLUTION = { filters: 5, size: 5, stride: 2, padding: 1 } as const;

const IMAGE = [1, 28, 28] as const;

/** x². */
function square(): Layer {
  return {
    kind: 'square',
    build: (inputShape) => ({ outputShape: inputShape, parameters: {}, forward: operations.square }),
  };
}

/** The activation of a network, in a word. */
export function activationOf(network: NetworkName): 'square' | 'relu' {
  return network === 'a-square' ? 'square' : 'relu';
}

/** The network without its activation: the papers' A, or Chameleon's own. */
export function shapeOf(network: NetworkName): 'A' | 'Chameleon' {
  return network === 'chameleon-relu' ? 'Chameleon' : 'A';
}

/** A network to train: examples of shape [1, 28, 28], pixels from 0 to 1. */
export function trainedModel(network: NetworkName): Model {
  const activation = activationOf(network) === 'square' ? square : relu;
  // Squares of large values grow from layer to layer, so weights begin smaller.
  const weights = activationOf(network) === 'square' ? 'glorot' : 'he';
  const { filters, size, stride, padding } = CONVOLUTION;
  const inner =
    shapeOf(network) === 'A'
      ? [flatten(), dense(128, { weights }), activation(), dense(128, { weights }), activation()]
      : [conv2d(filters, size, { stride, padding }), activation(), flatten(), dense(100), activation()];
  return sequential([...inner, dense(10, { weights: 'glorot' })], [...IMAGE]);
}

/** The same network as private inference runs it, with trained parameters. */
export function servedNetwork(network: NetworkName, parameters: Float32Array): Network {
  const { layout } = trainedModel(network);
  const activation = activationOf(network);
  const builder = new NetworkBuilder([...IMAGE], [0, 1]);
  const tensor = (name: string) => ({ shape: layout.shapeOf(name), values: layout.view(parameters, name) });
  const denseLayer = (name: string): void => {
    builder.dense(builder.labelOf('dense', name), tensor(`${name}.weight`), tensor(`${name}.bias`));
  };
  const apply = (): void => builder.elementwise(builder.labelOf(activation), activation);
  if (shapeOf(network) === 'A') {
    builder.flatten(builder.labelOf('flatten'));
    denseLayer('dense1');
    apply();
    denseLayer('dense2');
    apply();
    denseLayer('dense3');
  } else {
    builder.conv2d(builder.labelOf('conv2d'), tensor('conv1.weight'), tensor('conv1.bias'), CONVOLUTION);
    apply();
    builder.flatten(builder.labelOf('flatten'));
    denseLayer('dense1');
    apply();
    denseLayer('dense2');
  }
  return builder.build([]);
}
