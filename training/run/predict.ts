import { CairnError } from '../../protocol/errors.ts';
import type { Model } from '../layers/index.ts';
import { softmax } from '../operations/softmax.ts';
import { inputBatch } from './batch.ts';
import type { EvaluationOptions } from './evaluate.ts';
import { eachBatch } from './evaluate.ts';

/**
 * A classifier's predictions for unlabelled examples: the softmax of its outputs, example after example, one
 * probability per class. It yields the thread every few milliseconds.
 * @param inputs `examples` × the model's input size, row-major
 * @throws CairnError `data-malformed` if the inputs do not fit the model or it does not give one output per class;
 * `update-shape`; RangeError for a batch size below 1; the signal's reason when aborted
 */
export async function predict(
  model: Model,
  parameters: Float32Array,
  inputs: Float32Array,
  examples: number,
  options: EvaluationOptions = {},
): Promise<Float32Array> {
  const { inputSize, outputShape } = model;
  if (outputShape.length !== 1) throw new CairnError('data-malformed', 'the model does not give one output per class');
  if (!Number.isSafeInteger(examples) || inputs.length !== examples * inputSize)
    throw new CairnError('data-malformed', `inputs: expected ${examples} × ${inputSize} values, got ${inputs.length}`);
  const [classes] = outputShape;
  const probabilities = new Float32Array(examples * classes!);
  await eachBatch(model, parameters, examples, options, (tape, named, indices) => {
    const logits = model.forward(named, inputBatch(tape, model, inputs, indices));
    probabilities.set(softmax(logits).raw(), indices[0]! * classes!);
  });
  return probabilities;
}
