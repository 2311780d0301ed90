import { describe, expect, it } from 'vitest';
import { subset } from '../../../training/data/index.ts';
import { trainEpochs, sgd, type Model } from '../../../training/index.ts';
import { seedFor } from '../../../simulations/experiments/selective-sharing/local.ts';
import {
  firstLocals,
  type SharedEpoch,
  sharedEpoch,
  type SharedSettings,
} from '../../../simulations/experiments/selective-sharing/sharing.ts';
import type { TrainingState } from '../../../simulations/experiments/selective-sharing/trainings.ts';
import { buildNetwork } from '../../../simulations/models/networks.ts';
import { stripes } from './support/images.ts';

const model: Model = buildNetwork('mnist', 'mlp');
const data = stripes(60);
const shards = [0, 1, 2].map((i) => Uint32Array.from({ length: 20 }, (_, j) => 20 * i + j));
const SEED = 11;

const settings: SharedSettings = {
  learningRate: 0.02,
  batchSize: 5,
  selection: 'largest',
  tau: 1e-4,
  gamma: 1e6,
  thetaUpload: 1,
  thetaDownload: 1,
  epsilon: null,
  order: 'round-robin',
  concurrency: 3,
};

function begin(thetaDownload = 1): TrainingState {
  const parameters = model.initialise(1);
  const updates = new Float32Array(parameters.length);
  return { epoch: 0, parameters, updates, locals: firstLocals(parameters, 3, thetaDownload), scores: [] };
}

const epoch = (state: TrainingState, wanted: Partial<SharedSettings> = {}): Promise<SharedEpoch> =>
  sharedEpoch(model, data, shards, state, { ...settings, ...wanted }, SEED, new AbortController().signal);

/** What participant i makes of parameters in the first epoch. */
async function train(from: Float32Array, i: number): Promise<Float32Array> {
  const parameters = from.slice();
  await trainEpochs({
    model,
    parameters,
    data: subset(data, shards[i]!),
    epochs: 1,
    batchSize: settings.batchSize,
    optimiser: sgd({ learningRate: settings.learningRate }),
    seed: seedFor(SEED, `epoch 0 participant ${i}`),
  });
  return parameters;
}

const distance = (a: Float32Array, b: Float32Array): number =>
  a.reduce((greatest, value, j) => Math.max(greatest, Math.abs(value - b[j]!)), 0);

describe('an epoch of selective sharing', () => {
  it('in round robin with everything shared is plain SGD over one shard after the other', async () => {
    let expected = begin().parameters;
    for (const i of [0, 1, 2]) expected = await train(expected, i);
    const { state } = await epoch(begin());
    expect(distance(state.parameters, expected)).toBeLessThan(1e-6);
    expect(distance(state.parameters, begin().parameters)).toBeGreaterThan(1e-3);
  });

  it('in asynchronous order, all at once, adds the changes of all to what was there when they began', async () => {
    const { parameters } = begin();
    const expected = parameters.slice();
    for (const i of [0, 1, 2]) {
      const own = await train(parameters, i);
      own.forEach((value, j) => (expected[j]! += value - parameters[j]!));
    }
    const { state } = await epoch(begin(), { order: 'asynchronous' });
    expect(distance(state.parameters, expected)).toBeLessThan(1e-6);
  });

  it('uploads θ_u of the parameters, bounded by γ', async () => {
    const before = begin();
    const gamma = 1e-4;
    const { state, uploaded } = await epoch(before, { thetaUpload: 0.01, gamma });
    expect(uploaded).toBe(1401);
    expect(state.updates.reduce((sum, count) => sum + count, 0)).toBe(3 * 1401);
    expect(distance(state.parameters, before.parameters)).toBeLessThan(3.001 * gamma);
    const untouched = state.parameters.filter((_, j) => state.updates[j] === 0);
    expect(
      distance(
        untouched,
        before.parameters.filter((_, j) => state.updates[j] === 0),
      ),
    ).toBe(0);
  });

  it('keeps what a participant did not upload among its own parameters, where downloads leave it', async () => {
    const before = begin(0.01);
    const { state } = await epoch(before, { thetaUpload: 0.01, thetaDownload: 0.01 });
    const own = await train(before.parameters, 0);
    expect(state.locals).toHaveLength(3);
    expect(distance(state.locals[0]!, own)).toBe(0);
    expect(distance(state.locals[0]!, state.parameters)).toBeGreaterThan(0);
  });

  it('leaves the state that it was given, and depends on the seed alone', async () => {
    const before = begin();
    const copy = before.parameters.slice();
    const [one, other] = await Promise.all([epoch(before, { order: 'random' }), epoch(before, { order: 'random' })]);
    expect(distance(before.parameters, copy)).toBe(0);
    expect(distance(one.state.parameters, other.state.parameters)).toBe(0);
  });

  it('goes on without participants whose training diverges', async () => {
    const { state, uploaded, diverged } = await epoch(begin(), { learningRate: 1e20 });
    expect(diverged).toBe(3);
    expect(uploaded).toBe(0);
    expect(distance(state.parameters, begin().parameters)).toBe(0);
  });

  it('adds noise where there is a budget', async () => {
    const [clear, noisy] = await Promise.all([
      epoch(begin(), { thetaUpload: 0.01, gamma: 0.01 }),
      epoch(begin(), { thetaUpload: 0.01, gamma: 0.01, epsilon: 1 }),
    ]);
    expect(noisy.uploaded).toBe(1401);
    expect(distance(noisy.state.parameters, clear.state.parameters)).toBeGreaterThan(1e-3);
  });
});
