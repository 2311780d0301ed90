import { describe, expect, it } from 'vitest';
import { type Dataset } from '../../../training/data/index.ts';
import { gradients, layers, operations, Random, sequential, Tape, trainable } from '../../../training/index.ts';
import { ganAttack } from '../../../simulations/experiments/gan-attack/index.ts';
import {
  dealImages,
  heldOutImages,
  loadImages,
  placesOf,
  relabelled,
  victimImages,
} from '../../../simulations/experiments/gan-attack/data.ts';
import {
  type AdamMemory,
  generate,
  lastingAdam,
  NO_MEMORY,
  normals,
  trainGenerator,
} from '../../../simulations/experiments/gan-attack/generator.ts';
import { generatorModel, LATENT, sharedModel } from '../../../simulations/experiments/gan-attack/networks.ts';
import { localChange, uploadOf } from '../../../simulations/experiments/gan-attack/participants.ts';
import { firstState, runRounds } from '../../../simulations/experiments/gan-attack/rounds.ts';
import type { Scenario } from '../../../simulations/experiments/gan-attack/scenarios.ts';
import { decodeState, encodeState } from '../../../simulations/experiments/gan-attack/state.ts';
import { readSettings } from '../../../simulations/laboratory/settings.ts';
import { coded } from '../../training/support.ts';

const SIZE = 32 * 32;

// Images whose every pixel tells their place, ten classes in turn.
const toy = (examples: number): Dataset => ({
  inputs: Float32Array.from({ length: examples * SIZE }, (_, i) => Math.floor(i / SIZE) / examples),
  labels: Uint8Array.from({ length: examples }, (_, i) => i % 10),
  examples,
  inputSize: SIZE,
  inputShape: [1, 32, 32],
  classes: 10,
});

const scenario = (named: Partial<Scenario> = {}): Scenario => ({
  participants: 2,
  target: 3,
  thetaUpload: 1,
  noise: null,
  epsilon: null,
  aggregation: 'plain',
  victim: true,
  repetition: 1,
  ...named,
});

describe('who holds what', () => {
  const images = { train: toy(400), federated: 200, heldOutFrom: 250, test: toy(20) };

  it('everybody has the images of its classes, and the victim those of the target', () => {
    const { honest, own } = dealImages(images, scenario(), 7, 1);
    expect(honest.map(({ examples }) => examples)).toEqual([35]);
    expect(new Set(honest[0]!.labels)).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(new Set(own?.labels)).toEqual(new Set([5, 6, 7, 8, 9]));
    const victim = victimImages(images, 3, 7, 1);
    expect([...victim.labels]).toEqual(new Array(7).fill(3));
    const threes = [...honest[0]!.labels.keys()].filter((i) => honest[0]!.labels[i] === 3);
    expect(threes.map((i) => honest[0]!.inputs[i * SIZE])).toEqual(threes.map((_, k) => victim.inputs[k * SIZE]));
  });

  it('the control takes the target away and nothing else', () => {
    const [with3, without3] = [true, false].map((victim) => dealImages(images, scenario({ victim }), 7, 1));
    expect(without3!.honest[0]!.examples).toBe(28);
    expect(new Set(without3!.honest[0]!.labels)).toEqual(new Set([0, 1, 2, 4]));
    expect(without3!.own?.inputs).toEqual(with3!.own?.inputs);
  });

  it('of eleven, the adversary has nothing, and in the control the holder of the target is missing', () => {
    const eleven = dealImages(images, scenario({ participants: 11 }), 5, 1);
    expect(eleven.own).toBeUndefined();
    expect(eleven.honest.map(({ labels }) => labels[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const control = dealImages(images, scenario({ participants: 11, victim: false }), 5, 1);
    expect(control.honest.map(({ labels }) => labels[0])).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9]);
  });

  it('images of the target are held out behind those of participants and classifier, as many as the victim has', () => {
    const heldOut = heldOutImages(images, 3, 7, 1);
    expect([...heldOut.labels]).toEqual(new Array(7).fill(3));
    const places = Array.from({ length: 7 }, (_, i) => Math.round(heldOut.inputs[i * SIZE]! * 400));
    expect(new Set(places).size).toBe(7);
    for (const place of places) expect(place).toBeGreaterThanOrEqual(250);
  });

  it('MNIST has as many held-out images of every class as the largest settings ask for', async () => {
    const largest = await loadImages(2500, 1500);
    for (let target = 0; target < 10; target++) {
      expect(victimImages(largest, target, 2500, 1).examples).toBe(2500);
      expect(heldOutImages(largest, target, 2500, 1).examples).toBe(2500);
    }
  });

  it('images are drawn by the seed, none twice', () => {
    const drawn = placesOf(images.train.labels, 4, 9, 5);
    expect(new Set(drawn).size).toBe(9);
    expect(dealImages({ ...images, federated: 30 }, scenario(), 7, 1).honest[0]!.examples).toBe(15);
    expect(placesOf(images.train.labels, 4, 9, 5)).toEqual(drawn);
    expect(placesOf(images.train.labels, 4, 9, 6)).not.toEqual(drawn);
    expect([...placesOf(images.train.labels.subarray(0, 20), 4, 99, 5)].sort()).toEqual([14, 4]);
  });
});

describe('what the adversary trains on', () => {
  it('is its own examples as they are, and its samples under the fake class', () => {
    const own = toy(4);
    const samples = new Float32Array(2 * SIZE).fill(-0.5);
    const data = relabelled(own, samples, SIZE)!;
    expect([...data.labels]).toEqual([0, 1, 2, 3, 10, 10]);
    expect(data.examples).toBe(6);
    expect(data.inputs.subarray(0, 4 * SIZE)).toEqual(own.inputs);
    expect(data.inputs.subarray(4 * SIZE)).toEqual(samples);
  });

  it('may be samples alone, and is nothing before there are any', () => {
    expect([...relabelled(undefined, new Float32Array(SIZE), SIZE)!.labels]).toEqual([10]);
    expect(relabelled(undefined, new Float32Array(0), SIZE)).toBeUndefined();
  });
});

describe('a generator', () => {
  const shared = sharedModel();
  const model = generatorModel(8);
  const training = { target: 3, steps: 12, batchSize: 8, learningRate: 0.002 };
  const discriminator = { model: shared, parameters: shared.initialise(1) };
  const first = { model, parameters: model.initialise(2), memory: NO_MEMORY };

  it('comes to be taken for the target, and leaves the discriminator as it is', () => {
    const kept = discriminator.parameters.slice();
    const tape = new Tape();
    const before = trainGenerator(tape, first, discriminator, { ...training, steps: 1 }, new Random(1));
    const after = trainGenerator(tape, first, discriminator, training, new Random(1));
    const later = trainGenerator(tape, { model, ...after }, discriminator, training, new Random(2));
    expect(later.loss).toBeLessThan(before.loss);
    expect(discriminator.parameters).toEqual(kept);
    expect(tape.length).toBe(0);
  });

  it('gives the same bits for the same seed, and other ones for another', () => {
    const run = (seed: number): Float32Array =>
      trainGenerator(new Tape(), first, discriminator, { ...training, steps: 2 }, new Random(seed)).parameters;
    expect(run(5)).toEqual(run(5));
    expect(run(6)).not.toEqual(run(5));
  });

  it('makes images from black to white, each from numbers of its own', () => {
    const samples = generate(new Tape(), first, 3, new Random(1));
    expect(samples.length).toBe(3 * SIZE);
    expect(samples.every((value) => value >= -1 && value <= 1)).toBe(true);
    expect(samples.subarray(0, SIZE)).not.toEqual(samples.subarray(SIZE, 2 * SIZE));
    expect(generate(new Tape(), first, 1, new Random(1))).toEqual(samples.subarray(0, SIZE));
  });

  it('draws from a normal distribution', () => {
    const values = normals(LATENT * 200 + 1, new Random(1));
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    const within = values.filter((value) => Math.abs(value) < 1).length / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
    expect(Math.abs(within - 0.6827)).toBeLessThan(0.01);
  });
});

describe("the generator's optimiser", () => {
  it('goes on where another tape was released, as if it had never been', () => {
    const model = sequential([layers.dense(3), layers.dense(2)], [4]);
    const settings = { learningRate: 0.1, beta1: 0.5 };
    const walk = (parameters: Float32Array, memory: AdamMemory, seeds: readonly number[]) => {
      const tape = new Tape();
      const lasting = lastingAdam(tape, settings, memory);
      const trained = trainable(tape, model, parameters, lasting.optimiser);
      for (const seed of seeds) {
        const loss = operations.mean(
          operations.square(trained.forward(tape.tensor([1, 4], normals(4, new Random(seed))))),
        );
        trained.update(gradients(loss, trained.sources));
      }
      return { parameters: trained.values(), memory: lasting.memory() };
    };
    const whole = walk(model.initialise(1), NO_MEMORY, [1, 2, 3, 4]);
    const half = walk(model.initialise(1), NO_MEMORY, [1, 2]);
    expect(walk(half.parameters, half.memory, [3, 4])).toEqual(whole);
    expect(whole.memory.steps).toBe(4);
    expect(walk(half.parameters, NO_MEMORY, [3, 4]).parameters).not.toEqual(whole.parameters);
  });
});

describe('a participant', () => {
  const model = sharedModel();
  const global = model.initialise(4);

  it('changes the global model towards its own examples', () => {
    const data = { ...toy(8), labels: new Uint8Array(8).fill(6) };
    const tape = new Tape();
    const change = localChange(tape, model, global, data, { steps: 1, batchSize: 8, learningRate: 0.1 }, new Random(1));
    // One step on one class: the bias of that output rises, all others fall.
    const bias = model.layout.view(change, 'dense2.bias');
    expect([...bias].map((value) => value > 0)).toEqual(Array.from({ length: 11 }, (_, k) => k === 6));
    expect(tape.length).toBe(0);
  });

  it('takes each example once before it takes one again', () => {
    const data = toy(10);
    const settings = { steps: 5, batchSize: 2, learningRate: 0 };
    const change = localChange(new Tape(), model, global, data, settings, new Random(1));
    expect(change.every((value) => value === 0)).toBe(true);
  });

  it('uploads the largest share of its change, and zeros elsewhere', () => {
    const change = Float32Array.of(0.1, -5, 0.2, 3, 0, -0.3, 0.05, 0.01, 2, 0.4);
    const bounds = { gamma: 1, tau: 0.1 };
    const upload = (thetaUpload: number): number[] => [
      ...uploadOf(change, { thetaUpload, noise: null }, bounds, new Random(1)),
    ];
    expect(upload(1)).toEqual([...change]);
    expect(upload(0.3)).toEqual([0, -5, 0, 3, 0, 0, 0, 0, 2, 0]);
  });

  it('with noise bounds what it uploads, and draws by the seed', () => {
    const change = Float32Array.from({ length: 1000 }, (_, i) => (i % 2 ? 1 : -1) * 0.5);
    const upload = (seed: number): Float32Array =>
      uploadOf(change, { thetaUpload: 0.1, noise: 0.01 }, { gamma: 0.001, tau: 0.0001 }, new Random(seed));
    const values = upload(1).filter((value) => value !== 0);
    expect(values.length).toBeGreaterThan(0);
    expect(values.length).toBeLessThanOrEqual(100);
    expect(values.every((value) => Math.abs(value) <= Math.fround(0.001))).toBe(true);
    expect(upload(1)).toEqual(upload(1));
    expect(upload(2)).not.toEqual(upload(1));
  });
});

describe('rounds', () => {
  const settings = {
    ...readSettings(ganAttack, {}),
    imagesPerClass: 4,
    batchSize: 4,
    generatorWidth: 8,
    testImages: 20,
  };
  const run = (train: Dataset, until: number) =>
    runRounds.run(
      {
        scenario: scenario(),
        settings,
        images: { train, federated: train.examples, heldOutFrom: train.examples, test: toy(20) },
        seed: 1,
        state: undefined,
        until,
      },
      new AbortController().signal,
    );

  it('change the global model, and leave the attack to later ones', async () => {
    const { state, diverged, samples, fooled } = await run(toy(60), 2);
    expect(state.round).toBe(2);
    expect(state.global).not.toEqual(firstState(1, 8).global);
    expect(state.generator).toEqual(firstState(1, 8).generator);
    expect([diverged, samples.length, fooled]).toEqual([0, 0, null]);
  });

  it('go on without a participant whose training diverges', async () => {
    const train = toy(60);
    for (let i = 0; i < 60; i++) if (train.labels[i]! < 5) train.inputs.fill(1e30, i * SIZE, (i + 1) * SIZE);
    const { state, diverged } = await run(train, 2);
    expect(diverged).toBe(2);
    expect(state.global.every(Number.isFinite)).toBe(true);
    expect(state.global).not.toEqual(firstState(1, 8).global);
  });
});

describe('a state between two rounds', () => {
  const state = {
    round: 7,
    attackFrom: 6,
    global: Float32Array.of(1, 2),
    generator: Float32Array.of(3),
    memory: { steps: 9, moments: Float32Array.of(4, 5) },
    fakes: new Float32Array(0),
  };

  it('comes back from its bytes', () => {
    expect(decodeState(encodeState(state))).toEqual(state);
    expect(decodeState(encodeState({ ...state, attackFrom: null })).attackFrom).toBeNull();
  });

  it('is refused where bytes are missing', () => {
    const bytes = encodeState(state);
    for (const length of [0, 3, 27, bytes.length - 4])
      expect(() => decodeState(bytes.subarray(0, length))).toThrow(coded('model-malformed'));
  });
});
