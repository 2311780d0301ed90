import { layers, mnistCnn, mnistMlp, type Model, sequential } from '../../client/training/index.ts';

/** The models that are measured, by the names of the table. */
export const MODEL_NAMES = ['MLP 784-128-64-10', 'CNN 8/16', 'CNN 32/64 fc 512'] as const;

/** One of {@link MODEL_NAMES}. */
export type ModelName = (typeof MODEL_NAMES)[number];

/** What is to be trained, and for how long. */
export interface TrainingRequest {
  readonly model: ModelName;
  readonly batch: number;
  /** Steps of one measurement; one step before them is not counted. */
  readonly steps: number;
  /** Measurements, of which the median counts. */
  readonly repeats: number;
}

/** Filters of the two convolutions and units behind them; undefined for the network without convolutions. */
export const CONVOLUTIONS: Readonly<Record<ModelName, readonly [number, number, number] | undefined>> = {
  'MLP 784-128-64-10': undefined,
  'CNN 8/16': [8, 16, 128],
  'CNN 32/64 fc 512': [32, 64, 512],
};

const { conv2d, dense, flatten, maxPool2d, relu } = layers;

/** The model in our engine. */
export function engineModel(name: ModelName): Model {
  if (name === 'MLP 784-128-64-10') return mnistMlp();
  if (name === 'CNN 8/16') return mnistCnn();
  return sequential(
    [
      ...[conv2d(32, 5, { padding: 2 }), maxPool2d(2), relu()],
      ...[conv2d(64, 5, { padding: 2 }), maxPool2d(2), relu()],
      ...[flatten(), dense(512), relu(), dense(10, { weights: 'glorot' })],
    ],
    [1, 28, 28],
  );
}

/** Pixels of an image: MNIST's shape. */
export const PIXELS = 784;

/** Images of noise and labels in turn: what is learned does not change what learning costs. */
export function syntheticExamples(examples: number): { readonly inputs: Float32Array; readonly labels: Uint8Array } {
  let state = 1;
  const inputs = Float32Array.from({ length: examples * PIXELS }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  });
  return { inputs, labels: Uint8Array.from({ length: examples }, (_, i) => i % 10) };
}
