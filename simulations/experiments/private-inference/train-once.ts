import type { Dataset } from '../../../training/data/index.ts';
import { adam, trainEpochs } from '../../../training/index.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import { trainedModel } from './networks.ts';
import type { NetworkName } from './settings.ts';

/** One epoch of a training. */
interface Epoch {
  readonly network: NetworkName;
  readonly parameters: Float32Array;
  /** In shared memory. */
  readonly train: Dataset;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** Trains for one epoch by Adam, and returns the new parameters. */
export const trainOnce = defineWorkerTask(
  import.meta.url,
  'trainOnce',
  async ({ network, parameters, train, batchSize, learningRate, seed }: Epoch, signal): Promise<Float32Array> => {
    const after = parameters.slice();
    const optimiser = adam({ learningRate });
    const model = trainedModel(network);
    await trainEpochs({ model, parameters: after, data: train, epochs: 1, batchSize, optimiser, seed, signal });
    return after;
  },
);
