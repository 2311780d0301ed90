import type { Dataset } from '../../../training/data/index.ts';
import { adam, trainEpochs } from '../../../training/index.ts';
import type { Laboratory } from '../../laboratory/experiment.ts';
import { decodeCheckpoint, encodeCheckpoint, runTraining } from '../../laboratory/trainings.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import { trainedModel } from './networks.ts';
import type { NetworkName, PrivateInferenceSettings } from './settings.ts';

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

interface State {
  readonly epoch: number;
  readonly parameters: Float32Array;
}

/**
 * Trains a network, with a checkpoint after each epoch; the last one stays in the run's folder.
 * @throws the signal's reason when aborted
 */
export async function trained(
  lab: Laboratory<PrivateInferenceSettings>,
  network: NetworkName,
  train: Dataset,
): Promise<Float32Array> {
  const { epochs, batchSize, learningRate } = lab.settings;
  const { parameters } = await runTraining<State>(lab, {
    id: network,
    units: epochs,
    begin: () => ({ epoch: 0, parameters: trainedModel(network).initialise(lab.seedOf(`${network} start`)) }),
    encode: ({ epoch, parameters: vector }) => encodeCheckpoint({ header: { epoch }, vectors: [vector] }),
    decode: (bytes) => {
      const { header, vectors } = decodeCheckpoint<{ epoch: number }>(bytes, 1);
      return { epoch: header.epoch, parameters: vectors[0]! };
    },
    progress: ({ epoch }) => ({ done: epoch, over: epoch >= epochs, at: `epoch ${epoch}` }),
    step: async ({ epoch, parameters: vector }) => ({
      epoch: epoch + 1,
      parameters: await lab.call(trainOnce, {
        ...{ network, parameters: vector, train, batchSize },
        learningRate: learningRate * (1 - epoch / epochs),
        seed: lab.seedOf(`${network} epoch ${epoch}`),
      }),
    }),
  });
  return parameters;
}
