import type { ForwardMode, Model } from '../layers/index.ts';
import { oneHot, softmaxCrossEntropy } from '../operations/losses.ts';
import type { Tape, Tensor } from '../tape/tape.ts';
import type { Examples } from './examples.ts';

/** One batch after its forward pass. */
export interface BatchResult {
  /** The mean loss as a scalar on the tape. */
  readonly loss: Tensor;
  /** How many examples had the largest output at their class; of equal outputs the first counts. */
  readonly correct: number;
}

function countCorrect(logits: Tensor, labels: ArrayLike<number>): number {
  const classes = logits.shape[1]!;
  const outputs = logits.raw();
  let correct = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = i * classes;
    let best = 0;
    for (let j = 1; j < classes; j++) if (outputs[row + j]! > outputs[row + best]!) best = j;
    if (best === labels[i]) correct++;
  }
  return correct;
}

/** The examples at `indices` as a tensor of batch × the model's input shape. */
export function inputBatch(tape: Tape, model: Model, inputs: Float32Array, indices: Uint32Array): Tensor {
  const { inputSize } = model;
  const batch = tape.record([indices.length, ...model.inputShape], [], []);
  const heap = tape.heap.reals;
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * inputSize;
    heap.set(inputs.subarray(from, from + inputSize), batch.at + i * inputSize);
  }
  return batch;
}

/** Runs the labelled examples at `indices` through a model, on a tape that holds its parameters. */
export function runBatch(
  tape: Tape,
  model: Model,
  parameters: Readonly<Record<string, Tensor>>,
  data: Examples,
  indices: Uint32Array,
  mode: ForwardMode,
): BatchResult {
  const labels = Int32Array.from(indices, (example) => data.labels[example]!);
  const logits = model.forward(parameters, inputBatch(tape, model, data.inputs, indices), mode);
  const loss = softmaxCrossEntropy(logits, oneHot(tape, labels, logits.shape[1]!));
  return { loss, correct: countCorrect(logits, labels) };
}
