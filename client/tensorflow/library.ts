/*
 * The part of TensorFlow.js used here. The package is an optional peer that the user passes in, and its types must not
 * be needed where it is not installed: a declaration file that imports them does not compile there. The real module,
 * its models and its tensors fit these types; otherwise the tests that use them would not compile.
 */

/** A tensor: `tf.Tensor`. */
export interface Tensor {
  readonly shape: readonly number[];
  data(): Promise<Float32Array | Int32Array | Uint8Array>;
  dispose(): void;
}

/** What a model trains on: one input or output, or several. */
type Examples = Tensor | Tensor[] | Readonly<Record<string, Tensor>>;

/** A weight of a layer: `LayerVariable`. */
interface Variable {
  readonly originalName: string;
  readonly shape: readonly (number | null)[];
  readonly dtype: string;
  read(): Tensor;
  write(value: Tensor): unknown;
}

/** A layer: `tf.layers.Layer`. */
export interface Layer {
  readonly name: string;
  readonly weights: readonly Variable[];
  readonly trainableWeights: readonly Variable[];
  readonly inboundNodes: readonly { readonly inputShapes: unknown }[];
  getClassName(): string;
}

/** An optimiser: `tf.Optimizer`. */
export interface Optimizer {
  dispose(): void;
}

/** A layers model: `tf.LayersModel`. */
export interface LayersModel {
  readonly layers: readonly Layer[];
  readonly weights: readonly Variable[];
  readonly inputs: readonly unknown[];
  readonly outputs: readonly unknown[];
  stopTraining: boolean;
  compile(how: object): void;
  evaluate(inputs: Examples, labels: Examples): Tensor | Tensor[];
  fit(
    inputs: Examples,
    labels: Examples,
    how: object,
  ): Promise<{ readonly history: Readonly<Record<string, readonly (number | Tensor)[]>> }>;
}

/** The module `@tensorflow/tfjs`. */
export interface Library {
  readonly Tensor: { readonly prototype: Tensor & { readonly flatten?: unknown } };
  /** Of the whole package; its parts name their versions differently. */
  readonly version?: { readonly tfjs?: string };
  readonly version_core: string;
  readonly train: { sgd(learningRate: number): Optimizer };
  getBackend(): string;
  ready(): Promise<void>;
  getKernelsForBackend(backend: string): readonly { readonly kernelName: string }[];
  tensor(values: ArrayLike<number>, shape: number[], dtype: 'float32'): Tensor;
  tidy(use: () => void): void;
  dispose(tensors: unknown): void;
}
