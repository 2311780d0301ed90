import { CairnError } from '../../protocol/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { adam, evaluate, type Model, type Optimiser, sgd, trainEpochs } from '../training/index.ts';
import type { App } from '../app.ts';
import { type EngineOptions, parseEngineOptions } from './options.ts';

function optimiserOf({ optimiser, learningRate, momentum }: EngineOptions): Optimiser {
  return optimiser === 'adam' ? adam({ learningRate }) : sgd({ learningRate, momentum });
}

/**
 * An app around the built-in training engine: a classifier, and labelled examples to train it on. It reads the task's
 * training options as {@link EngineOptions}, stops between two batches when it is aborted, and yields to the event loop
 * every few milliseconds.
 * @param dataset loads the client's own examples, once
 */
export function engineApp(model: Model, dataset: () => Dataset | Promise<Dataset>): App<Dataset> {
  const { layout } = model;
  return {
    shapes: layout.shapes,
    async data() {
      const loaded = await dataset();
      if (loaded.examples < 1) throw new CairnError('data-empty', 'the data set has no examples');
      return loaded;
    },
    async train(parameters, data, { options, signal, seed }) {
      const chosen = parseEngineOptions(options);
      const flat = layout.flatten(parameters);
      const { loss, accuracy, examples } = await trainEpochs({
        model,
        parameters: flat,
        data,
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
