import { describe, expect, it } from 'vitest';
import { engineApp } from '../../client/apps/engine.ts';
import { layers, Random, sequential } from '../../training/index.ts';
import type { Dataset } from '../../training/data/dataset.ts';
import { useClients } from '../client/support/session.ts';
import { PlainApp, useCoordinators, zeros } from './support.ts';

const { enter } = useClients();
const coordinate = useCoordinators();

/** As batch norm leaves them: a weight that moves by 1, and running variances that come to 4000 and 1. */
const SHAPES = { variance: [2], w: [1] };

const normed = (untrained?: readonly string[]): PlainApp =>
  new PlainApp(
    SHAPES,
    ({ variance, w }) => {
      w![0]! += 1;
      variance![0] = 4000;
      variance![1] = 1;
    },
    {},
    untrained,
  );

describe('untrained tensors', () => {
  it('do not shorten what is trained: beside a variance of 4000 a weight comes to 5 in five rounds, not to 0.126', async () => {
    const { coordinator, reports } = await coordinate(
      { rounds: 5, clip: 10, untrained: ['variance'] },
      { model: zeros(SHAPES) },
    );
    for (let i = 0; i < 3; i++) enter(coordinator.url, normed(['variance']));
    await coordinator.finished;
    const { w, variance } = coordinator.model('toy')!;
    expect(w![0]).toBeCloseTo(5, 2);
    expect(variance![0]).toBeCloseTo(4000, 1);
    expect(Math.abs(variance![1]! - 1)).toBeLessThan(0.02);
    expect(reports.slice(1).map(({ clipped, cut }) => [clipped, cut])).toEqual(Array.from({ length: 5 }, () => [0, 0]));
  });

  it('did so inside of the clip, of which the report now tells', async () => {
    const { coordinator, reports } = await coordinate({ rounds: 5, clip: 10 }, { model: zeros(SHAPES) });
    for (let i = 0; i < 3; i++) enter(coordinator.url, normed());
    await coordinator.finished;
    expect(coordinator.model('toy')!.w![0]).toBeLessThan(0.5);
    expect(reports.at(-1)!.clipped).toBe(3);
  });

  it('are averaged as they are, whatever the strategy does with the others', async () => {
    for (const strategy of ['fedadam', 'fedavgm', { name: 'fedavg', learningRate: 0.5 }]) {
      const { coordinator } = await coordinate(
        { rounds: 3, untrained: ['variance'], strategy },
        { model: zeros(SHAPES) },
      );
      for (let i = 0; i < 3; i++) enter(coordinator.url, normed(['variance']));
      await coordinator.finished;
      const { variance } = coordinator.model('toy')!;
      expect(Math.abs(variance![0]! - 4000)).toBeLessThan(1);
      expect(Math.abs(variance![1]! - 1)).toBeLessThan(0.3);
      await coordinator.stop();
    }
  });

  it('are refused where the app names others than the task, which says how to put it right', async () => {
    const { coordinator } = await coordinate({}, { model: zeros(SHAPES) });
    const [one] = [0, 1, 2].map(() => enter(coordinator.url, normed(['variance'])));
    one!.participation.closed.catch(() => undefined);
    const refused = await one!.log.next('refused');
    expect(refused).toMatchObject({ code: 'update-shape' });
    expect(refused.message).toBe('untrained tensors are variance in this app, but none in the task');
    expect(refused.hint).toContain('untrained');
  });

  it('stay as they are in a task with noise, which is taken off again', async () => {
    const { coordinator } = await coordinate(
      {
        untrained: ['variance'],
        clip: 10,
        privacy: { epsilon: 1000, delta: 0.01, noiseMultiplier: 0.2, placement: 'central' },
      },
      { model: zeros(SHAPES) },
    );
    for (let i = 0; i < 3; i++) enter(coordinator.url, normed(['variance']));
    await coordinator.finished;
    const { w, variance } = coordinator.model('toy')!;
    expect([...variance!]).toEqual([0, 0]);
    expect(w![0]).not.toBe(0);
  });
});

/** Two classes on a ring and inside of it, in two of four inputs: no line tells them apart. `scale`: as raw data come. */
function rings(seed: number, scale: number): Dataset {
  const random = new Random(seed);
  const examples = 240;
  const inputs = new Float32Array(4 * examples);
  const labels = new Uint8Array(examples);
  for (let i = 0; i < examples; i++) {
    labels[i] = i % 2;
    const radius = labels[i] === 1 ? 1.6 + 0.5 * random.uniform() : random.uniform();
    const angle = 2 * Math.PI * random.uniform();
    const point = [radius * Math.cos(angle), radius * Math.sin(angle), random.uniform(), random.uniform()];
    point.forEach((value, j) => (inputs[4 * i + j] = scale * value));
  }
  return { inputs, labels, examples, inputSize: 4, inputShape: [4], classes: 2 };
}

describe('an engine model with batch norm, on inputs times thirty', () => {
  const model = sequential([layers.dense(16), layers.batchNorm(), layers.relu(), layers.dense(2)], [4]);
  const first = (metadata: Record<string, string>) => ({
    shapes: model.layout.shapes,
    tensors: model.layout.unflatten(model.initialise(5)),
    metadata,
  });
  const untrained = model.layout.names.filter((name) => !model.trained.includes(name));
  const training = { epochs: 2, batchSize: 24, learningRate: 0.1, momentum: 0.9 };
  const test = rings(99, 30);

  async function accuracy(metadata: Record<string, string>, knows: boolean): Promise<number> {
    const { coordinator } = await coordinate({ rounds: 8, training }, { model: first(metadata) });
    for (let i = 0; i < 3; i++) {
      const app = engineApp(model, () => rings(i, 30));
      enter(coordinator.url, knows ? app : { ...app, untrained: [] });
    }
    await coordinator.finished;
    const { accuracy: found } = await engineApp(model, () => test).evaluate!(coordinator.model('toy')!, test);
    return found;
  }

  it('learns: its running moments are known by the model file’s metadata', async () => {
    expect(untrained).toEqual(['batchNorm1.mean', 'batchNorm1.variance']);
    expect(await accuracy({ untrained: JSON.stringify(untrained) }, true)).toBeGreaterThan(0.85);
  });

  it('does not while its running moments take the clip', async () => {
    expect(await accuracy({}, false)).toBeLessThan(0.75);
  });
});
