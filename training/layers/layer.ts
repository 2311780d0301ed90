import type { Random } from '../random.ts';
import type { Shape } from '../tape/shape.ts';
import type { Tensor } from '../tape/tape.ts';

/** A tensor of a layer: its shape, and how its initial values are drawn. */
export interface Parameter {
  readonly shape: Shape;
  /** Fills `values`, which are zeros, from a stream specific to the tensor. */
  readonly initialise: (values: Float32Array, random: Random) => void;
  /**
   * Whether gradients change it; true by default. The layer itself maintains untrained tensors, such as running
   * moments.
   */
  readonly trained?: boolean;
}

/** Leaves initial values at zero. */
export const noInitialise = (): void => undefined;

/** How a model is run. */
export interface ForwardMode {
  /** Whether the pass is part of training; for layers that behave differently in inference, such as batch norm. */
  readonly training: boolean;
  /** Source of random numbers for layers that draw in training, such as dropout. */
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
  /** Minimum number of examples that it can be trained on at once; 1 if absent. */
  readonly minBatch?: number;
  /** The layer alone. */
  readonly forward: Forward;
  /** The layer followed by a rectifier in one pass, with the same bits; absent if there is no such pass. */
  readonly rectified?: Forward;
}

/** A layer before it knows its input. */
export interface Layer {
  /** Its kind, in one word: the first part of its tensors' names. */
  readonly kind: string;
  /** A name for its tensors instead of kind and number. */
  readonly name?: string;
  /** Fits the layer to examples of one shape. @throws CairnError `tensor-shape` if it cannot accept them */
  readonly build: (inputShape: Shape) => BuiltLayer;
}
