import { CairnError } from '../../protocol/errors.ts';
import type * as Tensorflow from './library.ts';
import type { Layer } from './library.ts';

const promised = (value: unknown): boolean => typeof (value as { then?: unknown } | undefined)?.then === 'function';

/**
 * Builds the user's model, and refuses one that cannot be trained here: otherwise the first round would end in an error
 * from deep within TensorFlow.js.
 * @throws CairnError `model-unsupported` for a model of several inputs or outputs, without weights or with weights that
 * are not 32-bit floats, and for layers that this build of TensorFlow.js cannot create; `app-failed` for anything but a
 * model
 */
export function builtModel(tf: Tensorflow.Library, buildModel: () => Tensorflow.LayersModel): Tensorflow.LayersModel {
  const model = calling(tf, buildModel);
  if (promised(model)) {
    throw new CairnError('app-failed', 'buildModel() returned a promise, but a model was expected', {
      hint: 'await the model first, and pass buildModel: () => model',
    });
  }
  if (!Array.isArray((model as Partial<Tensorflow.LayersModel> | undefined)?.layers)) {
    throw new CairnError('app-failed', 'buildModel() did not return a layers model', {
      hint: 'return the result of tf.sequential() or tf.model(); a graph model cannot be trained',
    });
  }
  if (model.layers.every(({ weights }) => weights.length === 0)) {
    throw new CairnError('model-unsupported', 'buildModel(): the model has no weights', {
      hint: 'give it a layer that can be trained, such as tf.layers.dense()',
    });
  }
  for (const [what, list] of [
    ['inputs', model.inputs],
    ['outputs', model.outputs],
  ] as const) {
    if (list.length === 1) continue;
    throw new CairnError(
      'model-unsupported',
      `buildModel(): the model has ${list.length} ${what}, but only one is supported`,
      {
        hint: `concatenate its ${what} into one, or write your own app around it: { shapes, data, train }`,
      },
    );
  }
  for (const { originalName, dtype } of model.weights) {
    if (dtype === 'float32') continue;
    throw new CairnError('model-unsupported', `buildModel(): weight "${originalName}" is ${dtype}, not float32`, {
      hint: 'train only 32-bit float weights',
    });
  }
  return model;
}

/** Calls `buildModel`, and reports what is missing if only a part of TensorFlow.js was passed in. */
function calling(tf: Tensorflow.Library, buildModel: () => Tensorflow.LayersModel): Tensorflow.LayersModel {
  try {
    return buildModel();
  } catch (cause) {
    // tfjs-layers calls methods of tensors that tfjs-core alone does not have: the first weights of recurrent layers.
    const whole = typeof tf.Tensor.prototype.flatten === 'function';
    if (whole || !(cause instanceof TypeError)) throw cause;
    throw new CairnError('model-unsupported', `buildModel() failed: ${cause.message}`, {
      hint: 'LSTM, GRU and simple RNN layers need the whole package: import * as tf from "@tensorflow/tfjs", not tfjs-core and tfjs-layers',
      cause,
    });
  }
}

/** All layers of a model, including those within wrappers and nested models. */
export function allLayers(layers: readonly Layer[]): Layer[] {
  return layers.flatMap((layer) => {
    const { layer: wrapped, layers: nested } = layer as Partial<{ layer: Layer; layers: readonly Layer[] }>;
    return [layer, ...allLayers(nested ?? []), ...(wrapped === undefined ? [] : allLayers([wrapped]))];
  });
}

/** Whether a layer normalises only over the examples of a batch: one value per channel from each. */
function singleValued(layer: Layer): boolean {
  if (layer.getClassName() !== 'BatchNormalization') return false;
  // One shape for each input, of which the layer has one; it has no node until it is part of a model.
  const [shape = []] = (layer.inboundNodes.at(0)?.inputShapes ?? []) as readonly (readonly (number | null)[])[];
  // The channels are last; an unknown extent may be more than 1.
  return shape.slice(1, -1).every((extent) => extent === 1);
}

/** Name of the first layer that cannot be trained on a batch of one; undefined if there is none. */
export function pairedLayer({ layers }: Tensorflow.LayersModel): string | undefined {
  return allLayers(layers).find(singleValued)?.name;
}
