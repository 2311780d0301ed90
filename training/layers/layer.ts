import type { Random } from '../random.ts';
import type { Shape } from '../tape/shape.ts';
import type { Tensor } from '../tape/tape.ts';

/** A tensor of a layer: its shape, and how its first values are drawn. */
export interface Parameter {
  readonly shape: Shape;
  /** Fills `values`, which are zeros, from a stream of the tensor's own. */
  readonly initialise: (values: Float32Array, random: Random) => void;
  /** Whether gradients change it, as by default; what is not trained, such as running moments, the layer keeps itself. */
  readonly trained?: boolean;
}

/** Leaves first values at zero. */
export const noInitialise = (): void => undefined;

/** How a model is run. */
export interface ForwardMode {
  /** Whether the pass is part of training; layers that behave otherwise in use, such as batch norm, look here. */
  readonly training: boolean;
  /** Where layers that draw at random in training, such as dropout, take their numbers from. */
  readonly random?: Random;
}

/** Applies a layer to a batch (batch × input shape), with its parameters by short name. */
export type Forward = (x: Tensor, parameters: Readonly<Record<string, Tensor>>, mode: ForwardMode) => Tensor;

/** A layer for one shape of input. */
export interface BuiltLayer {
  /** Shape of one example after the layer. */
  readonly outputShape: Shape;
  /** The layer's tensors by short name; none for most activations. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** Fewest examples that it can be trained on at once; 1 if absent. */
  readonly minBatch?: number;
  /** The layer by itself. */
  readonly forward: Forward;
  /** The layer and a rectifier behind it in one pass, with the same bits; absent where there is no such pass. */
  readonly rectified?: Forward;
}

/** A layer before it knows its input. */
export interface Layer {
  /** What kind it is, in one word: the first part of its tensors' names. */
  readonly kind: string;
  /** A name for its tensors instead of kind and number. */
  readonly name?: string;
  /** Fits the layer to examples of one shape. @throws CairnError `tensor-shape` where it cannot take them */
  readonly build: (inputShape: Shape) => BuiltLayer;
}
