import { operations, sgd, Tape, trainEpochs } from '../../training/index.ts';
import { median } from '../support/statistics.ts';
import { engineModel, syntheticExamples, type TrainingRequest } from './models.ts';

/** Examples per second of our engine, on one thread. */
export async function trainEngine({ model: name, batch, steps, repeats }: TrainingRequest): Promise<number> {
  const model = engineModel(name);
  const parameters = model.initialise(1);
  const train = async (count: number): Promise<number> => {
    const examples = batch * count;
    const { inputSize } = model;
    const data = { ...syntheticExamples(examples, inputSize), examples, inputSize };
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

const EXTENT = 256;

/** Billions of multiplications and additions per second of the engine's matrix product alone, with square matrices. */
export function multiplyEngine({ repeats }: { readonly repeats: number }): Promise<number> {
  const tape = new Tape();
  const [a, b] = [1, 2].map((value) => tape.full([EXTENT, EXTENT], value));
  const start = tape.mark();
  const speeds: number[] = [];
  for (let i = 0; i <= repeats; i++) {
    const from = performance.now();
    for (let j = 0; j < 20; j++) {
      operations.matmul(a!, b!);
      tape.release(start);
    }
    speeds.push((20 * 2 * EXTENT ** 3) / (performance.now() - from) / 1e6);
  }
  return Promise.resolve(median(speeds.slice(1)));
}
