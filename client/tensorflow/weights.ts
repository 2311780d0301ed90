import type { NamedTensors, Shapes } from '../../protocol/model/index.ts';
import type * as Tensorflow from './library.ts';

/** One weight of a layers model under a name that does not depend on previously built models. */
export interface NamedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly variable: Tensorflow.LayersModel['weights'][number];
}

/**
 * A model's weights by name, in the order of its layers. TensorFlow.js numbers its own names across the whole process
 * (`dense_Dense3/kernel`), so two clients would name one weight differently; here a name is the layer's place, the
 * weight's place in it, and its kind: `layer002.0.kernel`.
 */
export function namedWeights(model: Tensorflow.LayersModel): NamedWeight[] {
  return model.layers.flatMap((layer, place) =>
    layer.weights.map((variable, i) => {
      const kind = variable.originalName.split('/').at(-1) ?? 'weight';
      const shape = variable.shape.map((extent) => extent ?? 1);
      return { name: `layer${String(place).padStart(3, '0')}.${i}.${kind}`, shape, variable };
    }),
  );
}

/** Name → shape. */
export function shapesOf(weights: readonly NamedWeight[]): Shapes {
  return Object.fromEntries(weights.map(({ name, shape }) => [name, shape]));
}

/** Names of running moments, which batch normalisation maintains itself. */
export const movingOf = (weights: readonly NamedWeight[]): string[] =>
  weights.map(({ name }) => name).filter((name) => /\.moving_(?:mean|variance)$/.test(name));

/** Writes values into a model's weights. */
export function writeWeights(tf: Tensorflow.Library, weights: readonly NamedWeight[], values: NamedTensors): void {
  tf.tidy(() => {
    for (const { name, shape, variable } of weights) variable.write(tf.tensor(values[name]!, [...shape], 'float32'));
  });
}

/** Reads a copy of a model's weights. */
export async function readWeights(weights: readonly NamedWeight[]): Promise<Record<string, Float32Array>> {
  const read = await Promise.all(
    weights.map(async ({ name, variable }) => [name, Float32Array.from(await variable.read().data())] as const),
  );
  return Object.fromEntries(read);
}
