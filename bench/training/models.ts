import { layers, mnistMlp, type Model, sequential } from '../../training/index.ts';

/**
 * The models that are measured, by their names in the table; the last is that of Shokri and Shmatikov (2015) for 32 ×
 * 32.
 */
export const MODEL_NAMES = ['MLP 784-128-64-10', 'CNN 8/16', 'CNN 32/64 fc 512', 'CNN 32/64 valid fc 200'] as const;

/** One of {@link MODEL_NAMES}. */
export type ModelName = (typeof MODEL_NAMES)[number];

/** What to train, and for how long. */
export interface TrainingRequest {
  readonly model: ModelName;
  readonly batch: number;
  /** Steps of one measurement; one step before them is not counted. */
  readonly steps: number;
  /** Measurements, of which the median counts. */
  readonly repeats: number;
}

/** Two convolutions of 5 × 5 with max pooling and a rectifier after each, a dense layer, and ten outputs. */
export interface Convolutions {
  /** Rows and columns of an image of one channel. */
  readonly side: number;
  /** Margins of both convolutions. */
  readonly padding: 0 | 2;
  readonly filters: readonly [number, number];
  /** Size and stride of the pools. */
  readonly pools: readonly [number, number];
  /** Units of the dense layer. */
  readonly units: number;
}

/** How the networks with convolutions are built; undefined for the one without convolutions. */
export const CONVOLUTIONS: Readonly<Record<ModelName, Convolutions | undefined>> = {
  'MLP 784-128-64-10': undefined,
  'CNN 8/16': { side: 28, padding: 2, filters: [8, 16], pools: [2, 2], units: 128 },
  'CNN 32/64 fc 512': { side: 28, padding: 2, filters: [32, 64], pools: [2, 2], units: 512 },
  'CNN 32/64 valid fc 200': { side: 32, padding: 0, filters: [32, 64], pools: [3, 2], units: 200 },
};

const { conv2d, dense, flatten, maxPool2d, relu } = layers;

/** The model in our engine. */
export function engineModel(name: ModelName): Model {
  const built = CONVOLUTIONS[name];
  if (built === undefined) return mnistMlp();
  const { side, padding, filters, pools, units } = built;
  return sequential(
    [
      ...filters.flatMap((count, i) => [conv2d(count, 5, { padding }), maxPool2d(pools[i]!), relu()]),
      ...[flatten(), dense(units), relu(), dense(10, { weights: 'glorot' })],
    ],
    [1, side, side],
  );
}

/**
 * Multiplications and additions of one training step, per example, in matrix products and convolutions: forward, for
 * the weights, and (except in the first layer) for the input. Those with the margin's zeros count.
 */
export function flopsPerExample(name: ModelName): number {
  const { layout } = engineModel(name);
  const built = CONVOLUTIONS[name];
  // How often each convolution's weights are used: once per output position.
  const places: number[] = [];
  let side = built?.side ?? 0;
  for (const pool of built?.pools ?? []) {
    side += 2 * (built?.padding ?? 0) - 4;
    places.push(side * side);
    side = Math.floor(side / pool);
  }
  const first = built === undefined ? 'dense1.weight' : 'conv1.weight';
  return layout.names
    .filter((tensor) => tensor.endsWith('.weight'))
    .reduce((sum, tensor) => {
      const uses = tensor.startsWith('conv') ? places[Number(tensor[4]!) - 1]! : 1;
      return sum + 2 * layout.sizeOf(tensor) * uses * (tensor === first ? 2 : 3);
    }, 0);
}

/** Images of noise, with labels in turn: what is learned does not affect the cost of learning. */
export function syntheticExamples(
  examples: number,
  inputSize: number,
): { readonly inputs: Float32Array; readonly labels: Uint8Array } {
  let state = 1;
  const inputs = Float32Array.from({ length: examples * inputSize }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  });
  return { inputs, labels: Uint8Array.from({ length: examples }, (_, i) => i % 10) };
}
