import { CairnError } from '../../protocol/errors.ts';
import type * as Tensorflow from './library.ts';

/**
 * Checks that examples can be trained on. Values are inspected here and not by TensorFlow.js: on its wasm backend
 * pooling and clipping turn NaN into numbers, so that a broken data set would train to a sound-looking model.
 * @param min examples that the model needs at once
 * @param layer the layer that needs them
 * @throws CairnError `data-empty`; `data-malformed` for anything but two tensors with the same number of examples, or a
 * value that is not finite
 */
export async function checkData(
  { inputs, labels }: { readonly inputs?: Tensorflow.Tensor; readonly labels?: Tensorflow.Tensor },
  min: number,
  layer: string | undefined,
): Promise<void> {
  const malformed = (message: string): CairnError =>
    new CairnError('data-malformed', message, { hint: 'check what data() returns: { inputs, labels }, two tensors' });
  if (typeof inputs?.data !== 'function' || typeof labels?.data !== 'function') {
    throw malformed('data() returned no tensors "inputs" and "labels"');
  }
  const examples = inputs.shape[0] ?? 0;
  if (examples < 1) throw new CairnError('data-empty', 'the data set has no examples');
  if (labels.shape[0] !== examples) {
    throw malformed(`there are ${examples} inputs, but ${labels.shape[0] ?? 'no'} labels`);
  }
  if (examples < min) {
    throw new CairnError(
      'data-empty',
      `layer "${layer}" needs ${min} examples at least, but the data set has ${examples}`,
    );
  }
  for (const [name, tensor] of Object.entries({ inputs, labels })) await assertFinite(name, tensor, malformed);
}

async function assertFinite(
  name: string,
  tensor: Tensorflow.Tensor,
  malformed: (message: string) => CairnError,
): Promise<void> {
  const values = await tensor.data();
  const size = values.length / (tensor.shape[0] ?? 1);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw malformed(`${name}: example ${Math.floor(i / size)} holds ${values[i]}, which is not a finite number`);
    }
  }
}

/**
 * The batch size to train with: the first one from `batchSize` up that leaves no last batch of one, if the model cannot
 * be trained on that.
 * @throws CairnError `config-invalid` for batches of one
 */
export function fittingBatch(examples: number, batchSize: number, layer: string | undefined): number {
  if (layer === undefined) return batchSize;
  if (batchSize < 2) {
    throw new CairnError(
      'config-invalid',
      `training.batchSize: layer "${layer}" is trained on the mean and variance of a batch, and needs 2 examples in each, but batchSize is ${batchSize}`,
      { hint: 'set batchSize to 2 or more in the task’s training options' },
    );
  }
  let fitting = batchSize;
  while (examples % fitting === 1) fitting++;
  return fitting;
}
