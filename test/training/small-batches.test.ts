import { describe, expect, it } from 'vitest';
import { engineApp } from '../../client/apps/engine.ts';
import { evaluate, layers, Random, sequential, sgd, trainEpochs } from '../../training/index.ts';
import type { Examples, Scores } from '../../training/index.ts';
import { coded } from './support.ts';

/*
 * Batch norm takes the mean and the variance of a batch. A user who trained with a batch of one got a running variance of
 * 1e-22 and an evaluation loss of 7 125, and no word; one whose data left a last batch of one got a bit of that each epoch.
 */

const { batchNorm, conv2d, dense, flatten, maxPool2d, relu } = layers;

const net = sequential([dense(8), batchNorm(), relu(), dense(2)], [2]);

/** Two clouds, far apart. */
function clouds(examples: number): Examples & { inputShape: readonly number[]; classes: number; labels: Uint8Array } {
  const random = new Random(3, 'clouds');
  const labels = Uint8Array.from({ length: examples }, (_, i) => i % 2);
  const inputs = Float32Array.from(
    { length: 2 * examples },
    (_, i) => (labels[i >> 1] === 0 ? -2 : 2) + random.uniform(),
  );
  return { inputs, labels, examples, inputSize: 2, inputShape: [2], classes: 2 };
}

async function train(
  examples: number,
  batchSize: number,
  model = net,
): Promise<{ parameters: Float32Array; scores: Scores; batches: number[] }> {
  const parameters = model.initialise(1);
  const batches: number[] = [];
  const data = clouds(examples);
  await trainEpochs({
    ...{ model, parameters, data, epochs: 30, batchSize, optimiser: sgd({ learningRate: 0.05 }), seed: 1 },
    onBatch: ({ epoch, batches: count }) => void (batches[epoch] = count),
  });
  return { parameters, scores: await evaluate(model, parameters, data), batches };
}

describe('a model with batch norm', () => {
  it('refuses to be trained by single examples, and names the layer and the option', async () => {
    await expect(train(20, 1)).rejects.toThrow(coded('config-invalid'));
    await expect(train(20, 1)).rejects.toThrow(/training\.batchSize: layer "batchNorm1" .* needs 2 examples/);
  });

  it('refuses a single example, whatever the batch size', async () => {
    await expect(train(1, 32)).rejects.toThrow(coded('data-empty'));
  });

  it.each([
    [33, 32, 1],
    [65, 32, 2],
    [66, 32, 3],
    [7, 2, 3],
    [5, 4, 1],
    [3, 32, 1],
  ])('has no batch of one: %d examples by %d are %d batches', async (examples, batchSize, count) => {
    const { batches, scores } = await train(examples, batchSize);
    expect(new Set(batches)).toEqual(new Set([count]));
    expect(scores.loss).toBeLessThan(0.7);
  });

  it('keeps the moments of the data where a last batch of one would have halved the variance', async () => {
    // The layer sees the inputs themselves, so that the true moments are known.
    const model = sequential([batchNorm(), dense(2)], [2]);
    const { parameters } = await train(33, 32, model);
    const { inputs } = clouds(33);
    for (const axis of [0, 1]) {
      const values = Array.from({ length: 33 }, (_, i) => inputs[2 * i + axis]!);
      const mean = values.reduce((sum, value) => sum + value) / 33;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 32;
      expect(model.layout.view(parameters, 'batchNorm1.variance')[axis]! / variance).toBeCloseTo(1, 1);
    }
  });

  it('is trained by single examples where each has many values of a channel, as images have', async () => {
    const images = sequential([conv2d(2, 3), batchNorm(), flatten(), dense(2)], [1, 4, 4]);
    expect(images.minBatch).toEqual({ examples: 1 });
    const data = {
      inputs: Float32Array.from({ length: 160 }, (_, i) => Math.sin(i)),
      labels: new Uint8Array(10),
      examples: 10,
      inputSize: 16,
    };
    const parameters = images.initialise(1);
    await trainEpochs({
      model: images,
      parameters,
      data,
      epochs: 1,
      batchSize: 1,
      optimiser: sgd({ learningRate: 0.01 }),
      seed: 1,
    });
    expect((await evaluate(images, parameters, data)).loss).toBeLessThan(2);
  });

  it('knows that an image of one pixel is one value', () => {
    const pixel = sequential([conv2d(2, 3), maxPool2d(2), batchNorm({ name: 'norm' }), flatten(), dense(2)], [1, 4, 4]);
    expect(pixel.minBatch).toEqual({ examples: 2, layer: 'norm' });
  });
});

describe('a model without batch norm', () => {
  const plain = sequential([dense(8), relu(), dense(2)], [2]);

  it('is trained by single examples, and keeps a last batch of one', async () => {
    expect((await train(20, 1, plain)).batches[0]).toBe(20);
    expect((await train(33, 32, plain)).batches[0]).toBe(2);
    expect((await train(1, 32, plain)).batches[0]).toBe(1);
  });
});

describe('an app of the engine with batch norm', () => {
  it('says at the start that one example is too few', async () => {
    const app = engineApp(net, () => clouds(1));
    await expect(Promise.resolve(app.data())).rejects.toThrow(coded('data-empty'));
  });

  it('trains anew on two examples, of which none can be left out', async () => {
    const app = engineApp(net, () => clouds(2));
    const parameters = net.layout.unflatten(net.initialise(1));
    const context = {
      task: 't',
      round: 1,
      repeat: 1,
      subsetSeed: 5,
      seed: 1,
      options: {},
      signal: new AbortController().signal,
    };
    expect((await app.train(parameters, await app.data(), context)).examples).toBe(2);
  });
});
