import { CairnError } from '../../protocol/errors.ts';
import { assertOptions, type OptionKinds } from '../../protocol/options.ts';
import type { App, Metrics } from '../app.ts';
import { assertTrainable, engineName, withoutKernel } from './backend.ts';
import { checkData, fittingBatch } from './data.ts';
import { builtModel, pairedLayer } from './layers.ts';
import type * as Tensorflow from './library.ts';
import { movingOf, namedWeights, readWeights, shapesOf, writeWeights } from './weights.ts';

/** Examples as tensors: the first dimension of both counts them. They belong to the app for its lifetime. */
export interface TensorflowData<Tensor extends Tensorflow.Tensor = Tensorflow.Tensor> {
  readonly inputs: Tensor;
  /** As the loss expects them: for `categoricalCrossentropy` one row of probabilities for each example. */
  readonly labels: Tensor;
}

/** Options of the TensorFlow.js app. */
export interface TensorflowAppOptions<Tensor extends Tensorflow.Tensor = Tensorflow.Tensor> {
  /**
   * The module `@tensorflow/tfjs`, with the backend to run on. It is passed in, so that other users do not need it.
   * Pass the whole module: LSTM and GRU layers cannot be built with `tfjs-core` and `tfjs-layers` alone.
   */
  readonly tf: Tensorflow.Library;
  /**
   * Builds the model, once: with one input and one output; it need not be compiled. Only 32-bit float weights can be
   * trained.
   */
  readonly buildModel: () => Tensorflow.LayersModel;
  /** Loads the client's own examples, once. */
  readonly data: () => TensorflowData<Tensor> | Promise<TensorflowData<Tensor>>;
  /** Default `categoricalCrossentropy`. */
  readonly loss?: string;
  /**
   * Creates a round's optimiser, whose state ends with the round. Default: SGD with the option `learningRate`, or 0.05.
   */
  readonly optimizer?: (options: Readonly<Record<string, unknown>>) => Tensorflow.Optimizer;
}

const KINDS: OptionKinds<TensorflowAppOptions> = {
  tf: 'object',
  buildModel: 'function',
  data: 'function',
  loss: 'string',
  optimizer: 'function',
};

/** A positive integer among the task's options. */
function countOption(options: Readonly<Record<string, unknown>>, name: string, fallback: number): number {
  const value = options[name] ?? fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw new CairnError('config-invalid', `training.${name} must be an integer from 1`);
}

function rateOption(options: Readonly<Record<string, unknown>>): number {
  const value = options.learningRate ?? 0.05;
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw new CairnError('config-invalid', 'training.learningRate must be a number above 0');
}

/**
 * An app around a TensorFlow.js layers model. It reads `epochs` (default 1), `batchSize` (32) and, unless `optimizer`
 * is given, `learningRate` from the task's training options; other options are left to `optimizer`. With batch norm
 * over vectors a batch may exceed `batchSize` by one or more examples, so that the last one is not alone.
 * @throws CairnError `model-unsupported`, `app-failed` for a model that cannot be trained: see `builtModel`. `data()`
 * throws the former if the backend lacks kernels needed for training
 */
export function tensorflowApp<Tensor extends Tensorflow.Tensor>(
  options: TensorflowAppOptions<Tensor>,
): App<TensorflowData<Tensor>> {
  assertOptions<TensorflowAppOptions<Tensor>>('options of tensorflowApp', options, KINDS, ['tf', 'buildModel', 'data']);
  const { tf, buildModel, loss = 'categoricalCrossentropy' } = options;
  const optimizerOf = options.optimizer ?? ((chosen) => tf.train.sgd(rateOption(chosen)));
  const model = builtModel(tf, buildModel);
  const paired = pairedLayer(model);
  const weights = namedWeights(model);

  /** Runs `use` with the model compiled for a new optimiser, and disposes of it afterwards. */
  async function compiled<T>(optimizer: Tensorflow.Optimizer, use: () => Promise<T>): Promise<T> {
    model.compile({ optimizer, loss, metrics: ['accuracy'] });
    try {
      return await use();
    } catch (thrown) {
      throw withoutKernel(thrown);
    } finally {
      optimizer.dispose();
    }
  }

  async function scores({ inputs, labels }: TensorflowData): Promise<Metrics> {
    const results = [model.evaluate(inputs, labels)].flat();
    const [losses, accuracies] = await Promise.all(results.map((result) => result.data()));
    tf.dispose(results);
    return { examples: inputs.shape[0] ?? 1, loss: losses![0]!, accuracy: accuracies![0]! };
  }

  return {
    shapes: shapesOf(weights),
    untrained: movingOf(weights),
    async data() {
      await tf.ready();
      assertTrainable(tf, model);
      const data = await options.data();
      await checkData(data, paired === undefined ? 1 : 2, paired);
      return data;
    },
    runsOn: () => engineName(tf),
    train(parameters, { inputs, labels }, { options: chosen, signal }) {
      const epochs = countOption(chosen, 'epochs', 1);
      const batchSize = fittingBatch(inputs.shape[0] ?? 1, countOption(chosen, 'batchSize', 32), paired);
      return compiled(optimizerOf(chosen), async () => {
        writeWeights(tf, weights, parameters);
        const { history } = await model.fit(inputs, labels, {
          epochs,
          batchSize,
          callbacks: {
            onBatchEnd: () => {
              if (signal.aborted) model.stopTraining = true;
            },
          },
        });
        signal.throwIfAborted();
        const last = (name: string): number => Number(history[name]?.at(-1) ?? 0);
        return {
          parameters: await readWeights(weights),
          examples: inputs.shape[0] ?? 1,
          loss: last('loss'),
          accuracy: last('acc'),
        };
      });
    },
    evaluate(parameters, data) {
      return compiled(tf.train.sgd(0), () => {
        writeWeights(tf, weights, parameters);
        return scores(data);
      });
    },
  };
}
