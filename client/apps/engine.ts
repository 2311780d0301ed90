import { CairnError } from '../../protocol/errors.ts';
import { type Dataset, subset } from '../../training/data/index.ts';
import { adam, evaluate, type Model, type Optimiser, Random, sgd, trainEpochs } from '../../training/index.ts';
import type { App } from '../app.ts';
import { type EngineOptions, parseEngineOptions } from './options.ts';

function optimiserOf({ optimiser, learningRate, momentum }: EngineOptions): Optimiser {
  return optimiser === 'adam' ? adam({ learningRate }) : sgd({ learningRate, momentum });
}

/** The fraction of the examples that a retraining uses. */
const KEPT = 0.9;

/**
 * Nine tenths of the examples, drawn by the seed and in their order; at least as many as the model needs. A training
 * that uses all examples at once gives the same update whatever the order; with a subset it differs from the previous
 * one for small data sets too.
 */
function subsetOf(data: Dataset, min: number, seed: number): Dataset {
  const { examples } = data;
  const order = new Random(seed, 'subset').shuffle(Uint32Array.from({ length: examples }, (_, i) => i));
  return subset(data, order.subarray(0, Math.max(min, Math.floor(KEPT * examples))).sort());
}

/**
 * An app around the built-in training engine: a classifier, and labelled examples to train it on. It reads the task's
 * training options as {@link EngineOptions}, stops between batches when aborted, and yields to the event loop every few
 * milliseconds.
 * @param dataset loads the client's own examples, once
 */
export function engineApp(model: Model, dataset: () => Dataset | Promise<Dataset>): App<Dataset> {
  const { layout } = model;
  return {
    shapes: layout.shapes,
    untrained: layout.names.filter((name) => !model.trained.includes(name)),
    async data() {
      const loaded = await dataset();
      if (loaded.examples < 1) throw new CairnError('data-empty', 'the data set has no examples');
      const { examples, layer } = model.minBatch;
      if (loaded.examples < examples) {
        throw new CairnError(
          'data-empty',
          `layer "${layer}" needs ${examples} examples at least, but the data set has ${loaded.examples}`,
        );
      }
      return loaded;
    },
    async train(parameters, data, { options, signal, seed, repeat, subsetSeed }) {
      const chosen = parseEngineOptions(options);
      const flat = layout.flatten(parameters);
      const { loss, accuracy, examples } = await trainEpochs({
        model,
        parameters: flat,
        data: repeat > 0 ? subsetOf(data, model.minBatch.examples, subsetSeed) : data,
        epochs: chosen.epochs,
        batchSize: chosen.batchSize,
        optimiser: optimiserOf(chosen),
        prox: chosen.proxMu,
        seed,
        signal,
      });
      return { parameters: layout.unflatten(flat), examples, loss, accuracy };
    },
    evaluate(parameters, data) {
      return evaluate(model, layout.flatten(parameters), data);
    },
  };
}
