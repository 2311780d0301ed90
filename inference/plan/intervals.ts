import { convolvedSize, type ConvolutionMap, type LinearMap, mapSizes } from '../../protocol/mpc/sharing/index.ts';
import { piecewiseValue } from '../../protocol/mpc/circuits/index.ts';
import { piecesOf } from './pieces.ts';
import type { IntegerLayer } from './quantise.ts';
import type { PoolStep, Step } from './types.ts';
import { pooledSize } from './types.ts';

/*
 * Interval arithmetic over a network's integers: between which bounds each value of each layer lies, whatever the input
 * in its range. Bounds are doubles, off by at most 2^-30 of themselves; what they are compared with leaves more room.
 */

/** Bounds of each value of a vector. */
export interface Bounds {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** The largest absolute value within bounds. */
export function magnitude({ low, high }: Bounds): number {
  let max = 0;
  for (let i = 0; i < low.length; i++) max = Math.max(max, -low[i]!, high[i]!);
  return max;
}

/** Bounds cut off at ±limit, for values that are known never to be beyond. */
export function clipped({ low, high }: Bounds, limit: number): Bounds {
  const cut = (value: number): number => Math.min(limit, Math.max(-limit, value));
  return { low: low.map(cut), high: high.map(cut) };
}

/** Adds weight · [low, high] to an output's bounds. */
function addProduct(to: Bounds, at: number, weight: number, from: Bounds, source: number): void {
  const [small, large] = weight < 0 ? [from.high, from.low] : [from.low, from.high];
  to.low[at]! += weight * small[source]!;
  to.high[at]! += weight * large[source]!;
}

function dense(inputs: number, outputs: number, weights: Float64Array, from: Bounds, to: Bounds): void {
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) addProduct(to, o, weights[i * outputs + o]!, from, i);
  }
}

/** Calls `visit` for each product of a convolution: its output, its weight, its input. */
function eachProduct(map: ConvolutionMap, visit: (output: number, weight: number, input: number) => void): void {
  const { channels, height, width, filters, size, stride, padding } = map;
  const [rows, columns] = convolvedSize(map);
  for (let filter = 0; filter < filters; filter++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const output = (filter * rows + row) * columns + column;
        for (let channel = 0; channel < channels; channel++) {
          for (let dy = 0; dy < size; dy++) {
            const y = row * stride + dy - padding;
            if (y < 0 || y >= height) continue;
            for (let dx = 0; dx < size; dx++) {
              const x = column * stride + dx - padding;
              if (x < 0 || x >= width) continue;
              visit(
                output,
                ((filter * channels + channel) * size + dy) * size + dx,
                (channel * height + y) * width + x,
              );
            }
          }
        }
      }
    }
  }
}

function linear(map: LinearMap, { weights, bias }: IntegerLayer, from: Bounds): Bounds {
  const { outputs } = mapSizes(map);
  const to = { low: new Float64Array(outputs), high: new Float64Array(outputs) };
  if (map.kind === 'dense') dense(map.inputs, outputs, weights, from, to);
  else eachProduct(map, (output, weight, input) => addProduct(to, output, weights[weight]!, from, input));
  if (bias === undefined) return to;
  const share = outputs / bias.length;
  for (let o = 0; o < outputs; o++) {
    to.low[o]! += bias[Math.floor(o / share)]!;
    to.high[o]! += bias[Math.floor(o / share)]!;
  }
  return to;
}

/** Pools a vector's windows by `join`, from `start` on. */
function pooled<A extends Float64Array | Float32Array>(
  step: PoolStep,
  values: A,
  make: (count: number) => A,
  start: number,
  join: (a: number, b: number) => number,
): A {
  const [rows, columns] = pooledSize(step);
  const { channels, height, width, size, stride } = step;
  const out = make(channels * rows * columns);
  for (let at = 0; at < out.length; at++) {
    const column = at % columns;
    const row = Math.floor(at / columns) % rows;
    const channel = Math.floor(at / (columns * rows));
    let value = start;
    for (let dy = 0; dy < size; dy++) {
      for (let dx = 0; dx < size; dx++) {
        value = join(value, values[(channel * height + row * stride + dy) * width + column * stride + dx]!);
      }
    }
    out[at] = value;
  }
  return out;
}

const doubles = (count: number): Float64Array => new Float64Array(count);

/** The bounds after a step, from those before it. @param layer a linear step's integers @param fraction the plan's */
export function boundsAfter(step: Step, from: Bounds, layer: IntegerLayer | undefined, fraction: number): Bounds {
  const both = (change: (value: number) => number): Bounds => ({
    low: from.low.map(change),
    high: from.high.map(change),
  });
  switch (step.kind) {
    case 'linear':
      return linear(step.map, layer!, from);
    case 'rectify':
      return both((value) => Math.floor(Math.max(0, value) / 2 ** step.shift));
    case 'truncate':
      return both((value) => Math.floor(value / 2 ** step.shift));
    case 'square': {
      const squares = [from.low.map((x) => x * x), from.high.map((x) => x * x)] as const;
      const high = squares[0].map((x, i) => Math.max(x, squares[1][i]!));
      // Between a negative and a positive bound lies 0.
      const low = squares[0].map((x, i) => (from.low[i]! < 0 && from.high[i]! > 0 ? 0 : Math.min(x, squares[1][i]!)));
      return { low, high };
    }
    case 'maxPool':
    case 'sumPool': {
      const join = step.kind === 'maxPool' ? Math.max : (a: number, b: number): number => a + b;
      const start = step.kind === 'maxPool' ? -Infinity : 0;
      return {
        low: pooled(step, from.low, doubles, start, join),
        high: pooled(step, from.high, doubles, start, join),
      };
    }
    case 'piecewise': {
      const lines = piecesOf(step, fraction);
      return both((value) => Number(piecewiseValue(lines, BigInt(Math.floor(value / 2 ** step.drop)))));
    }
    case 'reveal':
      return from;
  }
}
