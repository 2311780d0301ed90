import { Random } from '../../../training/random.ts';
import { type NamedTensor, type Network, NetworkBuilder } from '../../../inference/index.ts';

/** A tensor of numbers drawn from ±scale. */
function drawnTensor(random: Random, shape: readonly number[], scale: number): NamedTensor {
  const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  for (let i = 0; i < values.length; i++) values[i] = scale * (2 * random.uniform() - 1);
  return { shape, values };
}

/** Layers as a word each: `dense 10`, `conv 4 3 1 0` (filters, size, stride, padding), `max 2`, `average 2`, `relu`. */
export function networkOf(seed: number, inputShape: readonly number[], layers: readonly string[], scale = 1): Network {
  const random = new Random(seed);
  const builder = new NetworkBuilder(inputShape as [number], [0, 1]);
  for (const layer of layers) {
    const [kind, ...numbers] = layer.split(' ');
    const [first = 0, size = 0, stride = 1, padding = 0] = numbers.map(Number);
    const label = builder.labelOf(kind!);
    const [inputs] = builder.shape;
    if (kind === 'dense') {
      const weights = drawnTensor(random, [inputs, first], scale / Math.sqrt(inputs));
      builder.dense(label, weights, drawnTensor(random, [first], scale / 4));
    } else if (kind === 'conv') {
      const weights = drawnTensor(random, [first, inputs, size, size], scale / Math.sqrt(inputs * size * size));
      builder.conv2d(label, weights, drawnTensor(random, [first], scale / 4), { stride, padding });
    } else if (kind === 'max') builder.pool(label, 'maxPool', first, size || first);
    else if (kind === 'average') builder.pool(label, 'averagePool', first, size || first);
    else if (kind === 'flatten') builder.flatten(label);
    else if (kind === 'argmax') builder.argmax(label);
    else builder.elementwise(label, kind as 'relu');
  }
  return builder.build([]);
}

/** `count` examples for a network whose inputs lie in 0 … 1. */
export function drawnInputs(seed: number, network: Network, count: number): Float32Array {
  const random = new Random(seed);
  const size = network.inputShape.reduce((product: number, extent) => product * extent, 1);
  return Float32Array.from({ length: count * size }, () => random.uniform());
}
