import type { Dataset } from '../../training/data/index.ts';
import { subset } from '../../training/data/index.ts';
import { evaluate, mnistCnn, mnistMlp, type Model, type Scores, sgd, trainEpochs } from '../../training/index.ts';
import type { LocalResult } from '../../protocol/quantize/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { defineWorkerTask } from '../laboratory/worker.ts';
import { mnistSmall } from '../models/networks.ts';

const MODELS = { mlp: mnistMlp, cnn: mnistCnn, small: mnistSmall } as const;

/** A reference model for MNIST by its short name. */
export type ModelName = keyof typeof MODELS;

/** The model with this name. */
export const modelOf = (name: ModelName): Model => MODELS[name]();

/** How members train. */
export interface LocalTraining {
  readonly model: ModelName;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/** One member's training, as a task's input. */
interface TrainingInput extends LocalTraining {
  /** The model that the round starts from. It is not changed. */
  readonly parameters: Float32Array;
  readonly data: Dataset;
  /** Indices of the examples that the member holds. */
  readonly indices: readonly number[];
  readonly seed: number;
}

/** Trains a member's model on its examples, in a worker thread if there is one. */
export const trainMember = defineWorkerTask(
  import.meta.url,
  'trainMember',
  async (input: TrainingInput, signal): Promise<LocalResult> => {
    const { model, epochs, batchSize, learningRate, parameters, data, indices, seed } = input;
    const update = parameters.slice();
    const optimiser = sgd({ learningRate });
    const local = subset(data, indices);
    const { examples, loss, accuracy } = await trainEpochs({
      model: modelOf(model),
      parameters: update,
      data: local,
      epochs,
      batchSize,
      optimiser,
      seed,
      signal,
    });
    for (let j = 0; j < update.length; j++) update[j]! -= parameters[j]!;
    return { update, examples, loss, accuracy };
  },
);

/** Whether an error says that a training diverged: its loss or its parameters are no longer finite. */
export function hasDiverged(thrown: unknown): boolean {
  return thrown instanceof CairnError && thrown.code === 'update-not-finite';
}

/** {@link trainMember} in this thread; undefined if the training diverges, since no client sends the result. */
export async function trainUnlessDiverging(
  input: TrainingInput,
  signal: AbortSignal,
): Promise<LocalResult | undefined> {
  try {
    const result = await trainMember.run(input, signal);
    return result.update.every(Number.isFinite) && Number.isFinite(result.loss) ? result : undefined;
  } catch (thrown) {
    if (hasDiverged(thrown)) return undefined;
    throw thrown;
  }
}

/** Scores a model on a data set, in a worker thread if there is one. */
export const scoreModel = defineWorkerTask(
  import.meta.url,
  'scoreModel',
  (
    input: { readonly model: ModelName; readonly parameters: Float32Array; readonly data: Dataset },
    signal,
  ): Promise<Scores> => evaluate(modelOf(input.model), input.parameters, input.data, { signal }),
);

/** A data set in shared memory, which worker threads read without copying. */
export function shared(data: Dataset): Dataset {
  const inputs = new Float32Array(new SharedArrayBuffer(data.inputs.byteLength));
  inputs.set(data.inputs);
  const labels = new Uint8Array(new SharedArrayBuffer(data.labels.byteLength));
  labels.set(data.labels);
  return { ...data, inputs, labels };
}
