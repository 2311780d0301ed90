import { sgd, trainEpochs } from '../../client/training/index.ts';
import { median } from '../support/statistics.ts';
import { engineModel, PIXELS, syntheticExamples, type TrainingRequest } from './models.ts';

/** Examples a second of our engine, on one thread. */
export async function trainEngine({ model: name, batch, steps, repeats }: TrainingRequest): Promise<number> {
  const model = engineModel(name);
  const parameters = model.initialise(1);
  const train = async (count: number): Promise<number> => {
    const examples = batch * count;
    const data = { ...syntheticExamples(examples), examples, inputSize: PIXELS };
    const from = performance.now();
    const optimiser = sgd({ learningRate: 0.01 });
    await trainEpochs({ model, parameters, data, epochs: 1, batchSize: batch, optimiser, seed: 1 });
    return (1000 * examples) / (performance.now() - from);
  };
  await train(Math.ceil(steps / 4));
  const speeds: number[] = [];
  for (let i = 0; i < repeats; i++) speeds.push(await train(steps));
  return median(speeds);
}
