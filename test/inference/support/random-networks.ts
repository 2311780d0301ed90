import { NetworkBuilder, type NamedTensor } from '../../../inference/network/build.ts';
import type { Network, NetworkShape } from '../../../inference/network/types.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';

/** A layer of a network with random weights. */
export type RandomLayer =
  | { readonly kind: 'dense'; readonly units: number }
  | {
      readonly kind: 'conv';
      readonly filters: number;
      readonly size: number;
      readonly stride?: number;
      readonly padding?: number;
    }
  | { readonly kind: 'maxPool' | 'averagePool'; readonly size: number; readonly stride?: number }
  | { readonly kind: 'relu' | 'square' | 'sigmoid' | 'tanh' | 'flatten' };

/** Uniform numbers in [−1, 1) from a seed. */
function uniform(seed: number): () => number {
  const prg = new Prg(new Uint8Array(32).fill(seed));
  let words = prg.words(1024);
  let at = 0;
  return () => {
    if (at === words.length) [words, at] = [prg.words(1024), 0];
    return words[at++]! / 2 ** 31 - 1;
  };
}

/** A network with random weights, drawn so that values keep their size from layer to layer. */
export function randomNetwork(seed: number, input: NetworkShape, layers: readonly RandomLayer[]): Network {
  const draw = uniform(seed);
  const builder = new NetworkBuilder(input, [0, 1]);
  const tensor = (shape: readonly number[], fanIn: number): NamedTensor => ({
    shape,
    values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => draw() * Math.sqrt(3 / fanIn)),
  });
  for (const layer of layers) {
    const label = builder.labelOf(layer.kind);
    switch (layer.kind) {
      case 'dense': {
        const [inputs] = builder.shape;
        builder.dense(label, tensor([inputs, layer.units], inputs), tensor([layer.units], 4));
        break;
      }
      case 'conv': {
        const [channels] = builder.shape;
        const { filters, size, stride = 1, padding = 0 } = layer;
        const shape = [filters, channels, size, size];
        builder.conv2d(label, tensor(shape, channels * size * size), tensor([filters], 4), { stride, padding });
        break;
      }
      case 'maxPool':
      case 'averagePool':
        builder.pool(label, layer.kind, layer.size, layer.stride ?? layer.size);
        break;
      case 'flatten':
        builder.flatten(label);
        break;
      default:
        builder.elementwise(label, layer.kind);
    }
  }
  return builder.build([]);
}

/** Network A of the survey with an activation. */
export const networkA = (activation: 'relu' | 'square', seed = 1): Network =>
  randomNetwork(
    seed,
    [784],
    [
      { kind: 'dense', units: 128 },
      { kind: activation },
      { kind: 'dense', units: 128 },
      { kind: activation },
      { kind: 'dense', units: 10 },
    ],
  );

/** Random inputs in [0, 1). */
export function randomInputs(seed: number, count: number): Float32Array {
  const draw = uniform(seed);
  return Float32Array.from({ length: count }, () => (draw() + 1) / 2);
}
