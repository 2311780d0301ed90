import { CairnError } from '../../protocol/errors.ts';
import { assertOptions, type OptionKinds } from '../../protocol/options.ts';
import type { KernelKind } from '../kernels/index.ts';
import type { Model } from '../layers/index.ts';
import type { Optimiser } from '../optimisers/index.ts';
import { Random } from '../random.ts';
import { gradients } from '../operations/gradients.ts';
import { runBatch } from './batch.ts';
import { checkExamples } from './examples.ts';
import type { Examples, Scores } from './examples.ts';
import { createPacer } from './pause.ts';
import { withTape } from './tapes.ts';
import { trainable } from './trainable.ts';

/** Progress of a training after a batch. */
export interface BatchProgress {
  /** Epoch from 0. */
  readonly epoch: number;
  /** Batch within the epoch, from 0. */
  readonly batch: number;
  /** Number of batches of an epoch. */
  readonly batches: number;
  /** Mean loss of this batch before its step. */
  readonly loss: number;
  /** Share of this batch classified correctly before its step. */
  readonly accuracy: number;
}

/** What {@link trainEpochs} needs. */
export interface TrainingOptions {
  readonly model: Model;
  /** The flat parameter vector. Updated in place, once at the end; a training that fails leaves it unchanged. */
  readonly parameters: Float32Array;
  readonly data: Examples;
  /** Number of passes over the data, from 1. */
  readonly epochs: number;
  /**
   * Examples per step, from 1; the last batch of an epoch may be smaller, or, if the model cannot be trained on so few
   * at once, is merged into the previous one.
   */
  readonly batchSize: number;
  /** The step rule; its state starts from zero with each call. */
  readonly optimiser: Optimiser;
  /** Seed of the shuffling and of dropout, an integer from 0 to 2^53 − 1. */
  readonly seed: number;
  /**
   * FedProx (Li et al., 2020): adds mu/2 · |w − w₀|² to the loss, with w₀ the parameters at the start; 0 (no term) by
   * default. The scores do not include it.
   */
  readonly prox?: number;
  /** Stops the training between batches. */
  readonly signal?: AbortSignal | undefined;
  /** Which kernels to run on; by default the fastest that this machine has. `plain` gives the same bits as `wasm`. */
  readonly kernels?: KernelKind;
  /** Called after each batch. What it throws ends the training. */
  readonly onBatch?: (progress: BatchProgress) => void;
}

const KINDS: OptionKinds<TrainingOptions> = {
  model: 'object',
  parameters: 'any',
  data: 'object',
  epochs: 'number',
  batchSize: 'number',
  optimiser: 'object',
  seed: 'number',
  prox: 'number',
  signal: 'object',
  kernels: 'string',
  onBatch: 'function',
};
const REQUIRED = ['model', 'parameters', 'data', 'epochs', 'batchSize', 'optimiser', 'seed'] as const;

function checkCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`${name}: expected an integer from 1, got ${value}`);
}

/** Number of batches in an epoch: a last one too small for the model does not count. */
function batchesOf(examples: number, batchSize: number, min: number): number {
  const rest = examples % batchSize;
  return Math.max(1, Math.floor(examples / batchSize) + (rest >= min ? 1 : 0));
}

/** @throws CairnError `config-invalid`, `data-empty` if the model cannot be trained on so few examples at once */
function checkMinBatch({ minBatch: { examples: min, layer } }: Model, batchSize: number, examples: number): void {
  const reason = `layer "${layer}" is trained on the mean and variance of a batch, and needs ${min} examples in each`;
  if (batchSize < min) {
    throw new CairnError('config-invalid', `training.batchSize: ${reason}, but it is ${batchSize}`, {
      hint: `set batchSize to ${min} or more in the task’s training options`,
    });
  }
  if (examples < min) throw new CairnError('data-empty', `${reason}, but the data have ${examples}`);
}

/**
 * Trains a classifier by softmax cross-entropy on examples that are reshuffled for each epoch. The same input gives the
 * same bits on every machine. It yields the thread every few milliseconds.
 *
 * @returns loss and accuracy over the last epoch, each batch scored before its own step; and the number of examples
 * @throws CairnError `config-unknown-key`, `config-invalid` for invalid options; `data-empty`, `data-malformed`,
 * `update-shape`; `config-invalid` for a batch size that the model cannot be trained with, such as 1 with batch norm;
 * `update-not-finite` if a loss or a parameter is no longer a finite number; RangeError for epochs, batchSize, seed or
 * prox out of range; the signal's reason when aborted
 */
export async function trainEpochs(options: TrainingOptions): Promise<Scores> {
  assertOptions<TrainingOptions>('options of trainEpochs', options, KINDS, REQUIRED);
  const { model, parameters, data, epochs, batchSize, optimiser, seed, prox = 0, signal, onBatch } = options;
  checkCount('epochs', epochs);
  checkCount('batchSize', batchSize);
  if (!(prox >= 0 && prox < Infinity)) throw new RangeError(`prox: expected a finite number from 0, got ${prox}`);
  checkExamples(model, data);
  checkMinBatch(model, batchSize, data.examples);
  const random = new Random(seed, 'shuffle');
  const order = Uint32Array.from({ length: data.examples }, (_, i) => i);
  const batches = batchesOf(data.examples, batchSize, model.minBatch.examples);
  const mode = { training: true, random: new Random(seed, 'forward') };
  const pacer = createPacer();
  return withTape(options.kernels, async (tape) => {
    const learner = trainable(tape, model, parameters, optimiser, { prox });
    const start = tape.mark();
    let loss = 0;
    let correct = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      random.shuffle(order);
      loss = 0;
      correct = 0;
      for (let batch = 0; batch < batches; batch++) {
        signal?.throwIfAborted();
        const end = batch === batches - 1 ? data.examples : (batch + 1) * batchSize;
        const indices = order.subarray(batch * batchSize, end);
        const result = runBatch(tape, model, learner.named, data, indices, mode);
        const value = result.loss.item();
        if (!Number.isFinite(value))
          throw new CairnError('update-not-finite', `the loss became ${value} in epoch ${epoch}, batch ${batch}`);
        learner.update(gradients(result.loss, learner.sources));
        tape.release(start);
        loss += value * indices.length;
        correct += result.correct;
        onBatch?.({ epoch, batch, batches, loss: value, accuracy: result.correct / indices.length });
        await pacer.breathe();
      }
    }
    const result = learner.values();
    // A plain loop: a call per parameter would cost as much as a step.
    for (let i = 0; i < result.length; i++)
      if (!Number.isFinite(result[i])) throw new CairnError('update-not-finite', 'a parameter is not a finite number');
    parameters.set(result);
    return { loss: loss / data.examples, accuracy: correct / data.examples, examples: data.examples };
  }).finally(() => pacer.close());
}
