import type { KernelKind } from '../kernels/index.ts';
import type { Model } from '../layers/index.ts';
import type { Tape, Tensor } from '../tape/tape.ts';
import { runBatch } from './batch.ts';
import { checkExamples } from './examples.ts';
import type { Examples, Scores } from './examples.ts';
import { createPacer } from './pause.ts';
import { withTape } from './tapes.ts';

/** Options of {@link evaluate}. */
export interface EvaluationOptions {
  /** Examples per batch, from 1; 256 by default. */
  readonly batchSize?: number;
  /** Stops the evaluation between batches. */
  readonly signal?: AbortSignal | undefined;
  /** Which kernels to run on; by default the fastest that this machine has. `plain` gives the same bits as `wasm`. */
  readonly kernels?: KernelKind;
}

/**
 * Calls `use` for batch after batch of example numbers, with the model's parameters on a tape; what a call leaves there
 * is released. It yields the thread every few milliseconds.
 * @throws CairnError `update-shape`; RangeError for a batch size below 1; the signal's reason when aborted
 */
export async function eachBatch(
  model: Model,
  parameters: Float32Array,
  examples: number,
  { batchSize = 256, signal, kernels }: EvaluationOptions,
  use: (tape: Tape, named: Readonly<Record<string, Tensor>>, indices: Uint32Array) => void,
): Promise<void> {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1)
    throw new RangeError(`batchSize: expected an integer from 1, got ${batchSize}`);
  const order = Uint32Array.from({ length: examples }, (_, i) => i);
  const pacer = createPacer();
  return withTape(kernels, async (tape) => {
    const { named } = tape.parameters(model.layout, parameters);
    const start = tape.mark();
    for (let from = 0; from < examples; from += batchSize) {
      signal?.throwIfAborted();
      use(tape, named, order.subarray(from, from + batchSize));
      tape.release(start);
      await pacer.breathe();
    }
  }).finally(() => pacer.close());
}

/**
 * Scores a classifier on labelled examples, in their order. A loss that is not a number is a result, not an error. It
 * yields the thread every few milliseconds.
 * @throws CairnError `data-empty`, `data-malformed`, `update-shape`; RangeError for a batch size below 1; the signal's
 * reason when aborted
 */
export async function evaluate(
  model: Model,
  parameters: Float32Array,
  data: Examples,
  options: EvaluationOptions = {},
): Promise<Scores> {
  checkExamples(model, data);
  const { examples } = data;
  let loss = 0;
  let correct = 0;
  await eachBatch(model, parameters, examples, options, (tape, named, indices) => {
    const result = runBatch(tape, model, named, data, indices, { training: false });
    loss += result.loss.item() * indices.length;
    correct += result.correct;
  });
  return { loss: loss / examples, accuracy: correct / examples, examples };
}
