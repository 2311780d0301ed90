import type { Dataset } from '../../../training/data/index.ts';
import type { Laboratory } from '../../laboratory/experiment.ts';
import { decodeCheckpoint, encodeCheckpoint, runTraining } from '../../laboratory/trainings.ts';
import { trainedModel } from './networks.ts';
import type { NetworkName, PrivateInferenceSettings } from './settings.ts';
import { trainOnce } from './train-once.ts';

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
