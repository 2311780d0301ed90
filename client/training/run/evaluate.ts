import type { KernelKind } from '../kernels/index.ts';
import type { Model } from '../layers/index.ts';
import { runBatch } from './batch.ts';
import { checkExamples } from './examples.ts';
import type { Examples, Scores } from './examples.ts';
import { createPacer } from './pause.ts';
import { withTape } from './tapes.ts';

/** What {@link evaluate} may be told. */
export interface EvaluationOptions {
  /** Examples that are run at once, from 1; 256 by default. */
  readonly batchSize?: number;
  /** Stops the evaluation between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Which kernels to run on; by default the fastest that this machine has. `plain` gives the same bits as `wasm`. */
  readonly kernels?: KernelKind;
}

/**
 * Scores a classifier on labelled examples, in their order. A loss that is not a number is a result, not an error. The
 * thread is yielded every few milliseconds.
 * @throws CairnError `data-empty`, `data-malformed`, `update-shape`; RangeError for a batch size below 1; the signal's
 * reason when aborted
 */
export async function evaluate(
  model: Model,
  parameters: Float32Array,
  data: Examples,
  { batchSize = 256, signal, kernels }: EvaluationOptions = {},
): Promise<Scores> {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1)
    throw new RangeError(`batchSize: expected a whole number from 1, got ${batchSize}`);
  checkExamples(model, data);
  const order = Uint32Array.from({ length: data.examples }, (_, i) => i);
  const pacer = createPacer();
  return withTape(kernels, async (tape) => {
    const { named } = tape.parameters(model.layout, parameters);
    const start = tape.mark();
    let loss = 0;
    let correct = 0;
    for (let from = 0; from < data.examples; from += batchSize) {
      signal?.throwIfAborted();
      const indices = order.subarray(from, from + batchSize);
      const result = runBatch(tape, model, named, data, indices, false);
      loss += result.loss.item() * indices.length;
      correct += result.correct;
      tape.release(start);
      await pacer.breathe();
    }
    return { loss: loss / data.examples, accuracy: correct / data.examples, examples: data.examples };
  }).finally(() => pacer.close());
}
