import { CairnError } from '../../protocol/errors.ts';
import { convolvedSize, type ConvolutionMap, type DenseMap, mapSizes } from '../../protocol/mpc/sharing/index.ts';
import { NETWORK_LIMITS } from './limits.ts';
import type { LinearLayer, Network, NetworkLayer, NetworkShape, PoolKind } from './types.ts';
import { shapeText, valuesOf } from './types.ts';

/** A tensor of a model: its shape and its values, row by row. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Finds a model's tensor by its name; undefined if there is none. */
export type TensorSource = (name: string) => NamedTensor | undefined;

/** Settings of a convolution or of a pool; both apply to rows and columns alike. */
export interface WindowSettings {
  readonly stride?: number;
  readonly padding?: number;
}

/** @throws CairnError `network-malformed`, naming the layer */
function malformedLayer(label: string, problem: string): never {
  throw new CairnError('network-malformed', `${label}: ${problem}`);
}

/** @throws CairnError `network-unsupported` beyond a limit, naming the layer */
function assertWithin(label: string, value: number, limit: number, what: string): void {
  if (value <= limit) return;
  throw new CairnError('network-unsupported', `${label}: ${value} ${what}; the maximum is ${limit}`, {
    hint: 'use a smaller network',
  });
}

/**
 * Builds a network layer by layer, each fitted to the output of the one before. Readers of every format end here, so
 * that all rules are in one place.
 */
export class NetworkBuilder {
  readonly #inputShape: NetworkShape;
  readonly #inputRange: readonly [number, number];
  readonly #layers: NetworkLayer[] = [];
  #shape: NetworkShape;
  #products = 0;

  /** @throws CairnError `network-unsupported` for an input beyond the limits */
  constructor(inputShape: NetworkShape, inputRange: readonly [low: number, high: number]) {
    this.#inputShape = inputShape;
    this.#inputRange = inputRange;
    this.#shape = inputShape;
    this.#assertShape('the input', inputShape);
    if (!(inputRange[0] < inputRange[1] && inputRange.every((end) => Math.abs(end) <= 2 ** 20))) {
      throw new CairnError('network-malformed', 'the input’s range must have a low end below a high end, within ±2^20');
    }
  }

  /** Shape of the last layer so far. */
  get shape(): NetworkShape {
    return this.#shape;
  }

  /** What the next layer is called in messages. */
  labelOf(kind: string, name?: string): string {
    return `layer ${this.#layers.length + 1} (${kind}${name === undefined ? '' : ` "${name}"`})`;
  }

  /** A dense layer. @param weights inputs × outputs */
  dense(label: string, weights: NamedTensor, bias: NamedTensor | undefined): void {
    if (this.#shape.length !== 1) {
      malformedLayer(label, `its input is an image of ${shapeText(this.#shape)}; put flatten before`);
    }
    const [inputs, outputs] = weights.shape;
    if (weights.shape.length !== 2 || inputs !== this.#shape[0] || !(outputs! >= 1)) {
      const expected = `${this.#shape[0]}×outputs`;
      malformedLayer(label, `its weights must have the shape ${expected}, not ${shapeText(weights.shape)}`);
    }
    this.#linear(label, 'dense', { kind: 'dense', inputs, outputs: outputs! }, [outputs!], weights, bias);
  }

  /** A convolution. @param weights filters × channels × size × size */
  conv2d(label: string, weights: NamedTensor, bias: NamedTensor | undefined, settings: WindowSettings): void {
    const { stride = 1, padding = 0 } = settings;
    const [channels, height, width] = this.#image(label);
    const [filters, depth, size, across] = weights.shape;
    if (weights.shape.length !== 4 || depth !== channels || size !== across || !(filters! >= 1 && size! >= 1)) {
      const expected = `filters×${channels}×size×size`;
      malformedLayer(label, `its weights must have the shape ${expected}, not ${shapeText(weights.shape)}`);
    }
    const window = { size: size!, stride, padding };
    this.#assertWindow(label, window, height, width);
    const map: ConvolutionMap = { kind: 'convolution', channels, height, width, filters: filters!, ...window };
    this.#linear(label, 'conv2d', map, [filters!, ...convolvedSize(map)], weights, bias);
  }

  /** Pooling without padding. */
  pool(label: string, kind: PoolKind, size: number, stride: number): void {
    const [channels, height, width] = this.#image(label);
    this.#assertWindow(label, { size, stride, padding: 0 }, height, width);
    const after = (extent: number): number => Math.floor((extent - size) / stride) + 1;
    const outputShape: NetworkShape = [channels, after(height), after(width)];
    assertWithin(label, valuesOf(outputShape) * size * size, NETWORK_LIMITS.windows, 'values in all of its windows');
    this.#push({ kind, label, inputShape: this.#shape, outputShape, size, stride });
  }

  /** A function of each value. */
  elementwise(label: string, kind: 'relu' | 'square' | 'sigmoid' | 'tanh'): void {
    this.#push({ kind, label, inputShape: this.#shape, outputShape: this.#shape });
  }

  /** An image as a vector, in the order that it has in memory. */
  flatten(label: string): void {
    this.#push({ kind: 'flatten', label, inputShape: this.#shape, outputShape: [valuesOf(this.#shape)] });
  }

  /** The index of the largest value; only at the end. */
  argmax(label: string): void {
    if (this.#shape.length !== 1 || this.#shape[0] < 2) {
      malformedLayer(label, `it needs a vector of two values or more, not ${shapeText(this.#shape)}`);
    }
    this.#push({ kind: 'argmax', label, inputShape: this.#shape, outputShape: [1] });
  }

  /**
   * The network.
   * @throws CairnError `network-malformed` without a dense layer or convolution, or if there are more or fewer names than
   * outputs
   */
  build(classes: readonly string[]): Network {
    const last = this.#layers.at(-1);
    if (!this.#layers.some(({ kind }) => kind === 'dense' || kind === 'conv2d')) {
      throw new CairnError('network-malformed', 'there is no dense layer and no convolution');
    }
    const outputs = valuesOf(last!.kind === 'argmax' ? last!.inputShape : last!.outputShape);
    if (classes.length > 0 && classes.length !== outputs) {
      throw new CairnError('network-malformed', `there are ${classes.length} class names for ${outputs} outputs`);
    }
    const bytes = new TextEncoder();
    const long = classes.find((name) => bytes.encode(name).length > NETWORK_LIMITS.className);
    if (long !== undefined) {
      throw new CairnError('network-malformed', `a class name has more than ${NETWORK_LIMITS.className} bytes`);
    }
    const { length } = classes;
    assertWithin('classes', length, NETWORK_LIMITS.classes, 'names');
    return { inputShape: this.#inputShape, inputRange: this.#inputRange, layers: this.#layers, outputs, classes };
  }

  #push(layer: NetworkLayer): void {
    assertWithin(layer.label, this.#layers.length + 1, NETWORK_LIMITS.layers, 'layers');
    if (this.#layers.at(-1)?.kind === 'argmax') malformedLayer(this.#layers.at(-1)!.label, 'it must be the last layer');
    this.#assertShape(layer.label, layer.outputShape);
    this.#layers.push(layer);
    this.#shape = layer.outputShape;
  }

  #linear(
    label: string,
    kind: LinearLayer['kind'],
    map: DenseMap | ConvolutionMap,
    outputShape: NetworkShape,
    weights: NamedTensor,
    bias: NamedTensor | undefined,
  ): void {
    const [outputs] = outputShape;
    assertWithin(label, weights.values.length, NETWORK_LIMITS.weights, 'weights');
    this.#products += mapSizes(map).products;
    assertWithin(label, this.#products, NETWORK_LIMITS.products, 'products up to here');
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== outputs)) {
      malformedLayer(label, `its bias must have ${outputs} values, not the shape ${shapeText(bias.shape)}`);
    }
    if (![weights, bias].every((tensor) => tensor === undefined || tensor.values.every(Number.isFinite))) {
      malformedLayer(label, 'a weight or bias is not a finite number');
    }
    this.#push({
      kind,
      label,
      inputShape: this.#shape,
      outputShape,
      map,
      weights: weights.values,
      bias: bias?.values,
    });
  }

  #image(label: string): readonly [number, number, number] {
    if (this.#shape.length === 3) return this.#shape;
    return malformedLayer(label, `its input is a vector of ${this.#shape[0]} values, and it needs an image`);
  }

  #assertWindow(
    label: string,
    { size, stride, padding }: { readonly size: number; readonly stride: number; readonly padding: number },
    height: number,
    width: number,
  ): void {
    const { side } = NETWORK_LIMITS;
    const whole = [size, stride, padding].every((value) => Number.isSafeInteger(value) && value >= 0 && value <= side);
    if (!whole || size < 1 || stride < 1 || padding >= size) {
      malformedLayer(
        label,
        `a window of ${size} with a stride of ${stride} and a padding of ${padding} is not possible`,
      );
    }
    if (Math.min(height, width) + 2 * padding < size) {
      malformedLayer(label, `a window of ${size}×${size} does not fit an image of ${height}×${width}`);
    }
  }

  #assertShape(label: string, shape: NetworkShape): void {
    assertWithin(label, shape[0], NETWORK_LIMITS.extent, shape.length === 3 ? 'channels' : 'values');
    for (const side of shape.slice(1)) assertWithin(label, side, NETWORK_LIMITS.side, 'rows or columns');
    assertWithin(label, valuesOf(shape), NETWORK_LIMITS.values, 'values');
  }
}
