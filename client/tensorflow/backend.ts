import { CairnError } from '../../protocol/errors.ts';
import { allLayers } from './layers.ts';
import type * as Tensorflow from './library.ts';

/**
 * Kernels that the gradients of a layer's weights need and that a backend may lack: wasm's, in 4.22, support inference
 * but not training, except for dense and recurrent layers.
 */
const TRAINING_KERNELS: Readonly<Record<string, readonly string[]>> = {
  Conv1D: ['Conv2DBackpropFilter'],
  Conv2D: ['Conv2DBackpropFilter'],
  Conv2DTranspose: ['Conv2DBackpropFilter'],
  ConvLSTM2D: ['Conv2DBackpropFilter'],
  ConvLSTM2DCell: ['Conv2DBackpropFilter'],
  Conv3D: ['Conv3DBackpropFilterV2'],
  DepthwiseConv2D: ['DepthwiseConv2dNativeBackpropFilter'],
  SeparableConv2D: ['Conv2DBackpropFilter', 'DepthwiseConv2dNativeBackpropFilter'],
  Embedding: ['UnsortedSegmentSum'],
};

const HINT =
  'choose another backend before the client joins, such as await tf.setBackend("cpu"), or freeze the layer (trainable: false)';

/**
 * Refuses a model that the TensorFlow.js backend can run but not train, before a round counts on this client.
 * @throws CairnError `model-unsupported` naming layer, kernel and backend
 */
export function assertTrainable(tf: Tensorflow.Library, model: Tensorflow.LayersModel): void {
  const backend = tf.getBackend();
  for (const layer of allLayers(model.layers)) {
    const kind = layer.getClassName();
    const needed = Object.hasOwn(TRAINING_KERNELS, kind) ? TRAINING_KERNELS[kind]! : [];
    const missing = needed.find((kernel) => !hasKernel(tf, kernel, backend));
    if (missing === undefined || layer.trainableWeights.length === 0) continue;
    throw new CairnError(
      'model-unsupported',
      `layer "${layer.name}" (${kind}) cannot be trained on TensorFlow.js’s backend "${backend}", which has no ${missing}`,
      { hint: HINT },
    );
  }
}

/** `getKernel` logs a warning if there is none, so the list is searched. */
function hasKernel(tf: Tensorflow.Library, name: string, backend: string): boolean {
  return tf.getKernelsForBackend(backend).some(({ kernelName }) => kernelName === name);
}

/** TensorFlow.js's error about a missing kernel, as a CairnError; anything else unchanged. */
export function withoutKernel(thrown: unknown): unknown {
  const message = thrown instanceof Error ? thrown.message : '';
  const found = /^Kernel '(\w+)' not registered for backend '(\w+)'/.exec(message);
  if (found === null) return thrown;
  const [, kernel, backend] = found;
  return new CairnError(
    'model-unsupported',
    `the model cannot be trained on TensorFlow.js’s backend "${backend}", which has no ${kernel}`,
    { hint: HINT, cause: thrown },
  );
}

/** What the training runs on, for people. */
export function engineName(tf: Tensorflow.Library): string {
  // Of the whole package; its parts name their versions differently.
  const { tfjs } = tf.version ?? {};
  return `TensorFlow.js ${tfjs ?? tf.version_core}, backend ${tf.getBackend()}`;
}
