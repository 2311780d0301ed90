import type { ConvolutionMap, DenseMap } from '../../protocol/mpc/sharing/index.ts';

/** Extents of one example: [values], or [channels, height, width]. */
export type NetworkShape = readonly [values: number] | readonly [channels: number, height: number, width: number];

/** Layers that apply one function to each value. */
export type ElementwiseKind = 'relu' | 'square' | 'sigmoid' | 'tanh';

/** Layers that pool windows of an image. */
export type PoolKind = 'maxPool' | 'averagePool';

/** Every kind of layer. */
export type LayerKind = 'dense' | 'conv2d' | PoolKind | ElementwiseKind | 'flatten' | 'argmax';

/** What every layer has once it is fitted to its input. */
interface Fitted {
  /** Its place and kind for messages, with the name of its weights if it has some: `layer 3 (dense "dense1.weight")`. */
  readonly label: string;
  readonly inputShape: NetworkShape;
  readonly outputShape: NetworkShape;
}

/** A layer with weights, of a network that has been read. */
export interface LinearLayer extends Fitted {
  readonly kind: 'dense' | 'conv2d';
  readonly map: DenseMap | ConvolutionMap;
  /** In the map's order: inputs × outputs, or filters × channels × size × size. All finite. */
  readonly weights: Float32Array;
  /** One value an output or a filter; undefined without a bias. All finite. */
  readonly bias: Float32Array | undefined;
}

/** Pooling over windows of `size` × `size`, `stride` apart, without padding. */
export interface PoolLayer extends Fitted {
  readonly kind: PoolKind;
  readonly size: number;
  readonly stride: number;
}

/** A layer without weights or settings. `argmax` gives the index of the largest value, of equals the first. */
export interface PlainLayer extends Fitted {
  readonly kind: ElementwiseKind | 'flatten' | 'argmax';
}

/** A layer of a network. */
export type NetworkLayer = LinearLayer | PoolLayer | PlainLayer;

/** A network that answers: its layers in order, with their weights. Every shape fits the one before it. */
export interface Network {
  readonly inputShape: NetworkShape;
  /** All inputs lie in it; what is outside is refused by the asker, since nothing else bounds the values inside. */
  readonly inputRange: readonly [low: number, high: number];
  readonly layers: readonly NetworkLayer[];
  /** Values of the last layer, before an argmax: the number of classes. */
  readonly outputs: number;
  /** Names of the classes, one for each output; empty if there are none. */
  readonly classes: readonly string[];
}

/** Number of values of a shape. */
export function valuesOf(shape: NetworkShape): number {
  return shape.reduce((product: number, extent) => product * extent, 1);
}

/** A shape for messages: `1×28×28`. */
export function shapeText(shape: readonly number[]): string {
  return shape.join('×');
}
