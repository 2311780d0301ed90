import { describe, expect, it } from 'vitest';
import type { TrainingContext } from '../../client/app.ts';
import { engineApp } from '../../client/apps/engine.ts';
import { mnistApp } from '../../client/apps/mnist.ts';
import { parseEngineOptions } from '../../client/apps/options.ts';
import type { Dataset } from '../../training/data/index.ts';
import { layers, mnistMlp, Random, sequential } from '../../training/index.ts';

/** Two classes that one line parts. */
function points(examples: number, seed = 1): Dataset {
  const random = new Random(seed);
  const inputs = Float32Array.from({ length: 2 * examples }, () => random.uniform());
  const labels = Uint8Array.from({ length: examples }, (_, i) => (inputs[2 * i]! > inputs[2 * i + 1]! ? 1 : 0));
  return { inputs, labels, examples, inputSize: 2, inputShape: [2], classes: 2 };
}

const line = () => sequential([layers.dense(2)], [2]);

function context(options: Record<string, unknown> = {}, changes: Partial<TrainingContext> = {}): TrainingContext {
  return {
    task: 't',
    round: 1,
    options,
    signal: new AbortController().signal,
    seed: 3,
    repeat: 0,
    subsetSeed: 4,
    ...changes,
  };
}

describe('engineApp', () => {
  const data = points(200);
  const model = line();
  const app = engineApp(model, () => data);
  const start = (): Record<string, Float32Array> => model.layout.unflatten(model.initialise(1));

  it('declares the model’s tensors', () => {
    expect(app.shapes).toEqual(model.layout.shapes);
  });

  it('learns, and says how well it did', async () => {
    const before = await app.evaluate!(start(), data);
    const result = await app.train(start(), data, context({ epochs: 20, learningRate: 0.5 }));
    const after = await app.evaluate!({ ...result.parameters }, data);
    expect(result.examples).toBe(200);
    expect(after.loss).toBeLessThan(before.loss / 2);
    expect(after.accuracy).toBeGreaterThan(0.9);
  });

  it('gives the same bits for the same seed, and others for another', async () => {
    const train = async (seed: number) => (await app.train(start(), data, context({}, { seed }))).parameters;
    expect(await train(1)).toEqual(await train(1));
    expect(await train(1)).not.toEqual(await train(2));
  });

  it.each([
    ['momentum', { momentum: 0.9 }],
    ['adam', { optimiser: 'adam' }],
    ['FedProx', { proxMu: 10, epochs: 3 }],
    ['batchSize', { batchSize: 7 }],
  ])('hears the option %s', async (_, options) => {
    const plain = await app.train(start(), data, context('epochs' in options ? { epochs: 3 } : {}));
    const other = await app.train(start(), data, context(options));
    expect(other.parameters).not.toEqual(plain.parameters);
  });

  it('stays nearer to the round’s model with FedProx', async () => {
    const distance = async (proxMu: number): Promise<number> => {
      const { parameters } = await app.train(start(), data, context({ epochs: 10, learningRate: 0.1, proxMu }));
      const from = model.layout.flatten(start());
      return Math.hypot(...model.layout.flatten(parameters).map((value, i) => value - from[i]!));
    };
    expect(await distance(5)).toBeLessThan((await distance(0)) / 2);
  });

  it('trains anew on nine tenths of the examples, drawn by the seed for it, also where one batch holds them all', async () => {
    const whole = { batchSize: 1000 };
    const train = async (changes: Partial<TrainingContext>) =>
      app.train(start(), data, context(whole, { repeat: 1, ...changes }));
    const [first, again, other] = [await train({}), await train({}), await train({ subsetSeed: 5 })];
    expect(first.examples).toBe(180);
    expect(again.parameters).toEqual(first.parameters);
    expect(other.parameters).not.toEqual(first.parameters);
    const before = await app.train(start(), data, context(whole));
    const seeded = await app.train(start(), data, context(whole, { seed: 9 }));
    expect(before.examples).toBe(200);
    const far = (a: Record<string, Float32Array>, b: Record<string, Float32Array>): number =>
      Math.hypot(...model.layout.flatten(a).map((value, i) => value - model.layout.flatten(b)[i]!));
    // Another order alone changes a full batch by rounding errors.
    expect(far(seeded.parameters, before.parameters)).toBeLessThan(1e-5);
    expect(far(first.parameters, before.parameters)).toBeGreaterThan(1e-4);
  });

  it.each([
    [1, 1],
    [2, 1],
    [9, 8],
    [10, 9],
    [33, 29],
  ])('of %i examples uses %i then', async (examples, used) => {
    const few = points(examples);
    const result = await engineApp(model, () => few).train(start(), few, context({}, { repeat: 2 }));
    expect(result.examples).toBe(used);
  });

  it('stops when it is aborted', async () => {
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    const training = app.train(start(), data, context({}, { signal: controller.signal }));
    await expect(training).rejects.toThrow('enough');
  });

  it('refuses an empty data set before anything else', async () => {
    const empty = engineApp(model, () => points(0));
    await expect(Promise.resolve(empty.data())).rejects.toMatchObject({ code: 'data-empty' });
  });
});

describe('mnistApp', () => {
  it('has the reference networks’ shapes', () => {
    const dataset = (): Dataset => points(1);
    expect(mnistApp({ dataset }).shapes).toEqual(mnistMlp().layout.shapes);
    expect(Object.keys(mnistApp({ model: 'cnn', dataset }).shapes)).toContain('conv2.bias');
  });
});

describe('parseEngineOptions', () => {
  it('fills in defaults, with a learning rate that suits the optimiser', () => {
    expect(parseEngineOptions({})).toEqual({
      epochs: 1,
      batchSize: 32,
      learningRate: 0.05,
      momentum: 0,
      optimiser: 'sgd',
      proxMu: 0,
    });
    expect(parseEngineOptions({ optimiser: 'adam' }).learningRate).toBe(0.001);
  });

  it.each([
    [{ learningrate: 1 }, /unknown option "learningrate"; did you mean "learningRate"\?/],
    [{ optimizer: 'sgd' }, /did you mean "optimiser"\?/],
    [{ somethingElse: 1 }, /unknown option "somethingElse"; there are epochs, /],
  ])('says what was meant: %j', (options, message) => {
    expect(() => parseEngineOptions(options)).toThrow(
      expect.objectContaining({
        code: 'settings-invalid',
        message: expect.stringMatching(message) as string,
      }) as Error,
    );
  });

  it.each([
    [{ epochs: 0 }, /training\.epochs/],
    [{ epochs: 1.5 }, /training\.epochs/],
    [{ batchSize: '32' }, /training\.batchSize/],
    [{ learningRate: -1 }, /training\.learningRate/],
    [{ momentum: 1 }, /training\.momentum/],
    [{ optimiser: 'rmsprop' }, /training\.optimiser/],
    [{ optimiser: 'adam', momentum: 0.5 }, /training\.momentum/],
    [{ proxMu: -1 }, /training\.proxMu/],
    [{ proxMu: 11, learningRate: 0.1 }, /training\.proxMu/],
  ])('names the field at fault: %j', (options, message) => {
    expect(() => parseEngineOptions(options)).toThrow(
      expect.objectContaining({ code: 'settings-invalid', message: expect.stringMatching(message) as string }) as Error,
    );
  });

  it('says in plain words what was expected and what came', () => {
    expect(() => parseEngineOptions({ epochs: 'many' })).toThrow(
      'training.epochs: expected a number, but it is "many"',
    );
  });
});
