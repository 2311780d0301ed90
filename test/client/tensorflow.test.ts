import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TrainingContext } from '../../client/app.ts';
import { tensorflowApp, type TensorflowData } from '../../client/tensorflow/index.ts';
import { ParameterLayout } from '../../protocol/model/layout.ts';
import { encodeSafetensors } from '../../protocol/model/safetensors.ts';
import type { ScriptedCoordinator } from './support/coordinator.ts';
import { settingsFor } from './support/rounds.ts';
import { useClients } from './support/session.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
  await tf.ready();
});

const buildModel = (): tf.LayersModel =>
  tf.sequential({
    layers: [
      tf.layers.dense({ units: 4, inputShape: [2], activation: 'relu' }),
      tf.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  });

/** Two classes that one line parts. */
function points(examples = 64): TensorflowData {
  const values = Array.from({ length: examples }, (_, i) => [Math.sin(i * 12.9), Math.cos(i * 78.2)]);
  const labels = values.map(([x, y]) => (x > y ? [1, 0] : [0, 1]));
  return { inputs: tf.tensor2d(values), labels: tf.tensor2d(labels) };
}

const zeros = (shapes: Readonly<Record<string, readonly number[]>>): Record<string, Float32Array> => {
  const layout = new ParameterLayout(shapes);
  return layout.unflatten(Float32Array.from({ length: layout.size }, (_, i) => Math.sin(i)));
};

const context = (options: Record<string, unknown>, signal = new AbortController().signal): TrainingContext => ({
  task: 't',
  round: 1,
  ...{ repeat: 0, subsetSeed: 0 },
  options,
  signal,
  seed: 1,
});

describe('tensorflowApp', () => {
  it('names weights by their place, however many models were built before', () => {
    buildModel();
    const app = tensorflowApp({ tf, buildModel, data: points });
    expect(app.shapes).toEqual({
      'layer000.0.kernel': [2, 4],
      'layer000.1.bias': [4],
      'layer001.0.kernel': [4, 2],
      'layer001.1.bias': [2],
    });
    expect(tensorflowApp({ tf, buildModel, data: points }).shapes).toEqual(app.shapes);
  });

  it('knows which weights are running moments, and no others', () => {
    expect(tensorflowApp({ tf, buildModel, data: points }).untrained).toEqual([]);
    const normed = (): tf.LayersModel =>
      tf.sequential({
        layers: [
          tf.layers.dense({ units: 4, inputShape: [2] }),
          tf.layers.batchNormalization(),
          tf.layers.dense({ units: 2 }),
        ],
      });
    const { shapes, untrained } = tensorflowApp({ tf, buildModel: normed, data: points });
    expect(untrained).toEqual(['layer001.2.moving_mean', 'layer001.3.moving_variance']);
    expect(Object.keys(shapes)).toEqual(expect.arrayContaining([...untrained!]));
  });

  it('starts from the parameters it is given', async () => {
    const app = tensorflowApp({ tf, buildModel, data: points, optimizer: () => tf.train.sgd(0) });
    const start = zeros(app.shapes);
    const { parameters } = await app.train(structuredClone(start), await app.data(), context({}));
    expect(parameters).toEqual(start);
  });

  it('learns, and leaves no tensor behind', async () => {
    const app = tensorflowApp({ tf, buildModel, data: points, optimizer: () => tf.train.adam(0.05) });
    const data = await app.data();
    const start = zeros(app.shapes);
    const before = await app.evaluate!(structuredClone(start), data);
    await app.train(structuredClone(start), data, context({}));
    const { numTensors } = tf.memory();
    const result = await app.train(structuredClone(start), data, context({ epochs: 30, batchSize: 16 }));
    const after = await app.evaluate!({ ...result.parameters }, data);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(result.examples).toBe(64);
    expect(after.loss).toBeLessThan(before.loss / 2);
    expect(after.accuracy).toBeGreaterThan(0.9);
    expect(result.accuracy).toBeGreaterThan(0.8);
  });

  it('stops when it is aborted, and leaves no tensor behind', async () => {
    const app = tensorflowApp({ tf, buildModel, data: points });
    const data = await app.data();
    await app.train(zeros(app.shapes), data, context({}));
    const { numTensors } = tf.memory();
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(app.train(zeros(app.shapes), data, context({ epochs: 1000 }, controller.signal))).rejects.toThrow(
      'enough',
    );
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it.each([{ epochs: 0 }, { batchSize: 'many' }, { learningRate: -1 }])('refuses the options %j', async (options) => {
    const app = tensorflowApp({ tf, buildModel, data: points });
    const data = await app.data();
    await expect(async () => app.train(zeros(app.shapes), data, context(options))).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });

  it('refuses an empty data set', async () => {
    const empty = { inputs: tf.zeros([0, 2]), labels: tf.zeros([0, 2]) };
    const app = tensorflowApp({ tf, buildModel, data: () => empty });
    await expect(Promise.resolve(app.data())).rejects.toMatchObject({ code: 'data-empty' });
  });
});

describe('a round in which TensorFlow.js trains', () => {
  const { coordinator: start, enter } = useClients();

  it('commits', async () => {
    const coordinator: ScriptedCoordinator = await start();
    const apps = [1, 2, 3].map(() => tensorflowApp({ tf, buildModel, data: points }));
    const clients = apps.map((app) => enter(coordinator.url, app));
    await coordinator.seats(3);
    const layout = new ParameterLayout(apps[0].shapes);
    const file = encodeSafetensors(zeros(apps[0].shapes), apps[0].shapes);
    const settings = settingsFor(coordinator.publish(file), { dimension: layout.size });
    expect((await coordinator.run(settings)).kind).toBe('committed');
    for (const { log } of clients) expect(await log.next('committed')).toMatchObject({ included: true });
  });
});
