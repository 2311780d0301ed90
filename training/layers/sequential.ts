import { CairnError } from '../../protocol/errors.ts';
import { ParameterLayout } from '../../protocol/model/index.ts';
import { relu } from '../operations/rectify.ts';
import { Random } from '../random.ts';
import { sameShape, shapeError, sizeOf } from '../tape/shape.ts';
import type { Shape } from '../tape/shape.ts';
import type { Tensor } from '../tape/tape.ts';
import type { Forward, ForwardMode, Layer, Parameter } from './layer.ts';

/** A model whose parameters are one flat vector. It holds none itself: they are passed in. */
export interface Model {
  /** Where each tensor lies in the flat vector. */
  readonly layout: ParameterLayout;
  /**
   * Names of the tensors that gradients change, in the layout's order: all but those that layers maintain themselves.
   */
  readonly trained: readonly string[];
  /** Shape of one example. */
  readonly inputShape: Shape;
  /** Number of values of one example. */
  readonly inputSize: number;
  /** Shape of the output for one example. */
  readonly outputShape: Shape;
  /** Minimum number of examples that it can be trained on at once, and the layer that requires it, if any. */
  readonly minBatch: { readonly examples: number; readonly layer?: string };
  /**
   * Initial parameters, a new flat vector: the same seed gives the same bits in every engine. Each tensor draws from a
   * separate stream, named after it.
   * @throws RangeError for a seed that is not an integer from 0 to 2^53 − 1
   */
  initialise(seed: number): Float32Array;
  /**
   * The output for a batch (batch × input shape), with parameters by name on the batch's tape. In training, tensors
   * that are not {@link trained} may change in place.
   * @throws CairnError `tensor-shape` for examples of a different shape, `update-shape` if a tensor is missing
   */
  forward(parameters: Readonly<Record<string, Tensor>>, batch: Tensor, mode?: ForwardMode): Tensor;
}

interface Stage {
  readonly forward: Forward;
  /** The layer followed by a rectifier, if that is one pass and there is none yet. */
  readonly rectified: Forward | undefined;
  /** Short name → full name of each of the layer's tensors. */
  readonly names: readonly (readonly [short: string, full: string])[];
}

/**
 * Stacks layers for examples of `inputShape`; a rectifier after a dense layer or a convolution is run together with it,
 * with the same bits. Tensors are named after their layer: its own name, or its kind with a number counted from 1
 * within the kind, then a dot and the tensor's short name, such as `conv2.bias`.
 * @throws CairnError `tensor-shape` if a layer does not accept the output of the previous one; `update-shape` for a
 * model without parameters or with two tensors of the same name
 */
export function sequential(layers: readonly Layer[], inputShape: Shape): Model {
  const parameters = new Map<string, Parameter>();
  const counts = new Map<string, number>();
  const stages: Stage[] = [];
  let minBatch: Model['minBatch'] = { examples: 1 };
  let shape = inputShape;
  for (const layer of layers) {
    const built = layer.build(shape);
    const shorts = Object.keys(built.parameters);
    let prefix = layer.name;
    if (shorts.length > 0) {
      const count = (counts.get(layer.kind) ?? 0) + 1;
      counts.set(layer.kind, count);
      prefix ??= `${layer.kind}${count}`;
    }
    if ((built.minBatch ?? 1) > minBatch.examples)
      minBatch = { examples: built.minBatch ?? 1, layer: prefix ?? layer.kind };
    const names = shorts.map((short) => [short, `${prefix ?? layer.kind}.${short}`] as const);
    for (const [short, full] of names) {
      if (parameters.has(full)) throw new CairnError('update-shape', `two tensors of the model are named "${full}"`);
      parameters.set(full, built.parameters[short]!);
    }
    const before = stages.at(-1);
    if (built.forward === relu && before?.rectified !== undefined)
      stages[stages.length - 1] = { ...before, forward: before.rectified, rectified: undefined };
    else stages.push({ forward: built.forward, rectified: built.rectified, names });
    shape = built.outputShape;
  }
  const layout = new ParameterLayout(
    Object.fromEntries([...parameters].map(([name, parameter]) => [name, parameter.shape])),
  );
  return {
    layout,
    trained: layout.names.filter((name) => parameters.get(name)?.trained !== false),
    inputShape,
    inputSize: sizeOf(inputShape),
    outputShape: shape,
    minBatch,
    initialise(seed) {
      const flat = new Float32Array(layout.size);
      for (const [name, parameter] of parameters) parameter.initialise(layout.view(flat, name), new Random(seed, name));
      return flat;
    },
    forward(named, batch, mode = { training: false }) {
      if (!sameShape(batch.shape.slice(1), inputShape))
        throw shapeError('forward', `a batch of ${inputShape.join('×')}`, batch.shape);
      return stages.reduce((x, { forward, names }) => {
        const own: Record<string, Tensor> = {};
        for (const [short, full] of names) {
          if (!Object.hasOwn(named, full)) throw new CairnError('update-shape', `tensor "${full}" is missing`);
          own[short] = named[full]!;
        }
        return forward(x, own, mode);
      }, batch);
    },
  };
}
