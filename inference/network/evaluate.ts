import { CairnError } from '../../protocol/errors.ts';
import { convolvedSize } from '../../protocol/mpc/sharing/index.ts';
import type { LinearLayer, Network, NetworkLayer, PoolLayer } from './types.ts';
import { valuesOf } from './types.ts';

/*
 * A network on floats, as it was trained: what private answers are compared with. Sums are doubles.
 */

type Vector = Float64Array;

function dense({ map, weights, bias }: LinearLayer, x: Vector): Vector {
  if (map.kind !== 'dense') throw new CairnError('internal', 'a dense layer with another map');
  const { inputs, outputs } = map;
  const y = bias === undefined ? new Float64Array(outputs) : Float64Array.from(bias);
  for (let i = 0; i < inputs; i++) {
    const value = x[i]!;
    if (value === 0) continue;
    for (let o = 0; o < outputs; o++) y[o]! += value * weights[i * outputs + o]!;
  }
  return y;
}

function convolution({ map, weights, bias }: LinearLayer, x: Vector): Vector {
  if (map.kind !== 'convolution') throw new CairnError('internal', 'a convolution with another map');
  const { channels, height, width, filters, size, stride, padding } = map;
  const [rows, columns] = convolvedSize(map);
  const y = new Float64Array(filters * rows * columns);
  for (let at = 0; at < y.length; at++) {
    const left = (at % columns) * stride - padding;
    const top = (Math.floor(at / columns) % rows) * stride - padding;
    const filter = Math.floor(at / (columns * rows));
    let sum = bias?.[filter] ?? 0;
    for (let channel = 0; channel < channels; channel++) {
      for (let dy = Math.max(0, -top); dy < Math.min(size, height - top); dy++) {
        const source = (channel * height + top + dy) * width + left;
        const weight = ((filter * channels + channel) * size + dy) * size;
        for (let dx = Math.max(0, -left); dx < Math.min(size, width - left); dx++) {
          sum += x[source + dx]! * weights[weight + dx]!;
        }
      }
    }
    y[at] = sum;
  }
  return y;
}

function pool(layer: PoolLayer, x: Vector): Vector {
  const [channels, height, width] = layer.inputShape as [number, number, number];
  const [, rows, columns] = layer.outputShape as [number, number, number];
  const { size, stride, kind } = layer;
  const y = new Float64Array(channels * rows * columns);
  for (let at = 0; at < y.length; at++) {
    const left = (at % columns) * stride;
    const top = (Math.floor(at / columns) % rows) * stride;
    const channel = Math.floor(at / (columns * rows));
    let max = -Infinity;
    let sum = 0;
    for (let dy = 0; dy < size; dy++) {
      for (let dx = 0; dx < size; dx++) {
        const value = x[(channel * height + top + dy) * width + left + dx]!;
        max = Math.max(max, value);
        sum += value;
      }
    }
    y[at] = kind === 'maxPool' ? max : sum / (size * size);
  }
  return y;
}

/** The index of the largest value, of equals the first. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

function apply(layer: NetworkLayer, x: Vector): Vector {
  switch (layer.kind) {
    case 'dense':
      return dense(layer, x);
    case 'conv2d':
      return convolution(layer, x);
    case 'maxPool':
    case 'averagePool':
      return pool(layer, x);
    case 'relu':
      return x.map((value) => Math.max(0, value));
    case 'square':
      return x.map((value) => value * value);
    case 'sigmoid':
      return x.map((value) => 1 / (1 + Math.exp(-value)));
    case 'tanh':
      return x.map(Math.tanh);
    case 'flatten':
    case 'argmax':
      return x;
  }
}

/**
 * Checks inputs against a network or a plan: their number, and that each is a number in the range.
 * @returns how many examples they are
 * @throws CairnError `tensor-shape` for another number of values, `input-range` for a value outside, with its place
 */
export function countExamples(
  { inputShape, inputRange }: Pick<Network, 'inputShape' | 'inputRange'>,
  inputs: Float32Array,
): number {
  const size = valuesOf(inputShape);
  if (inputs.length === 0 || inputs.length % size !== 0) {
    throw new CairnError('tensor-shape', `examples of ${size} values each were expected, not ${inputs.length} values`);
  }
  const [low, high] = inputRange;
  const outside = inputs.findIndex((value) => !(value >= low && value <= high));
  if (outside < 0) return inputs.length / size;
  const place = `example ${Math.floor(outside / size) + 1}, value ${(outside % size) + 1}`;
  throw new CairnError('input-range', `${place} is not in the network’s range of ${low} to ${high}`, {
    hint: 'scale the inputs as the network’s training data were scaled',
  });
}

function* run(network: Network, inputs: Float32Array): Generator<readonly [NetworkLayer, Vector]> {
  const count = countExamples(network, inputs);
  const size = inputs.length / count;
  for (let example = 0; example < count; example++) {
    let x: Vector = Float64Array.from(inputs.subarray(example * size, (example + 1) * size));
    for (const layer of network.layers) {
      x = apply(layer, x);
      yield [layer, x];
    }
  }
}

/**
 * The scores of examples: what the last layer gives, before an argmax.
 * @param inputs examples one after another
 * @returns outputs values for each example
 * @throws CairnError as {@link countExamples} does
 */
export function evaluateFloats(network: Network, inputs: Float32Array): Float64Array {
  const last = network.layers.at(-1);
  const scores: number[] = [];
  for (const [layer, values] of run(network, inputs))
    if (layer === last) for (const value of values) scores.push(value);
  return Float64Array.from(scores);
}

/**
 * The largest absolute values of linear layers and of squares over example inputs; see `Calibration`.
 * @throws CairnError as {@link countExamples} does
 */
export function calibrate(
  network: Network,
  inputs: Float32Array,
): { readonly linear: number[]; readonly square: number[] } {
  const seen = new Map<NetworkLayer, number>();
  for (const [layer, values] of run(network, inputs)) {
    seen.set(
      layer,
      values.reduce((max, value) => Math.max(max, Math.abs(value)), seen.get(layer) ?? 0),
    );
  }
  const of = (...kinds: NetworkLayer['kind'][]): number[] =>
    network.layers.filter(({ kind }) => kinds.includes(kind)).map((layer) => seen.get(layer)!);
  return { linear: of('dense', 'conv2d'), square: of('square') };
}
