import { describe, expect, it } from 'vitest';
import {
  adam,
  layers,
  operations as o,
  Random,
  sequential,
  sgd,
  Tape,
  trainable,
  trainEpochs,
  gradients,
} from '../../training/index.ts';
import type { Layer, Model } from '../../training/index.ts';
import { checkDerivatives, coded, expectClose, randomInputs, randomValues } from './support.ts';

const { batchNorm, conv2d, convTranspose2d, dense, dropout, flatten, leakyRelu, maxPool2d, relu, reshape, tanh } =
  layers;

/** Output of a model for a batch of random inputs, and its parameters after the pass. */
function pass(model: Model, parameters: Float32Array, x: Float32Array, training: boolean): [number[], Float32Array] {
  const tape = new Tape();
  const { flat, named } = tape.parameters(model.layout, parameters);
  const batch = tape.tensor([x.length / model.inputSize, ...model.inputShape], x);
  const out = model.forward(named, batch, { training, random: new Random(1) });
  return [[...out.values()], flat.values()];
}

describe('batch normalisation', () => {
  const model = sequential([batchNorm({ momentum: 0.25, epsilon: 1e-3 })], [2, 1, 3]);
  const x = randomValues(4 * 6, 5).map((v) => 3 * v + 1);
  /** The values of one channel in x: four examples of three places. */
  const channel = (c: number): number[] => [...x].filter((_, i) => Math.floor(i / 3) % 2 === c);
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const means = [0, 1].map((c) => mean(channel(c)));
  const variances = [0, 1].map((c) => mean(channel(c).map((v) => (v - means[c]!) ** 2)));

  it('takes each channel’s moments from the batch in training, and keeps running ones', () => {
    const start = model.initialise(0);
    expect(model.layout.unflatten(start)).toEqual({
      'batchNorm1.bias': Float32Array.of(0, 0),
      'batchNorm1.mean': Float32Array.of(0, 0),
      'batchNorm1.variance': Float32Array.of(1, 1),
      'batchNorm1.weight': Float32Array.of(1, 1),
    });
    const [out, after] = pass(model, start, x, true);
    const expected = [...x].map((v, i) => {
      const c = Math.floor(i / 3) % 2;
      return (v - means[c]!) / Math.sqrt(variances[c]! + 1e-3);
    });
    expectClose([out], [expected], 1e-6);
    const kept = model.layout.unflatten(after);
    expectClose(
      [[...kept['batchNorm1.mean']!], [...kept['batchNorm1.variance']!]],
      // Twelve values a channel: the running variance is without bias.
      [means.map((m) => 0.25 * m), variances.map((v) => 0.75 + (0.25 * v * 12) / 11)],
      1e-6,
    );
  });

  it('takes running moments in use, whatever the batch, and leaves them alone', () => {
    const parameters = model.layout.flatten({
      'batchNorm1.bias': Float32Array.of(10, 20),
      'batchNorm1.mean': Float32Array.of(1, -1),
      'batchNorm1.variance': Float32Array.of(4, 0.25),
      'batchNorm1.weight': Float32Array.of(2, 3),
    });
    const [out, after] = pass(model, parameters, x, false);
    const expected = [...x].map((v, i) =>
      Math.floor(i / 3) % 2 === 0 ? ((v - 1) * 2) / Math.sqrt(4.001) + 10 : ((v + 1) * 3) / Math.sqrt(0.251) + 20,
    );
    expectClose([out], [expected], 1e-6);
    expect(after).toEqual(parameters);
    expect(pass(model, parameters, x.subarray(0, 6), false)[0]).toEqual(out.slice(0, 6));
  });

  it('takes a variance that an aggregate brought below zero for zero', () => {
    const parameters = model.initialise(0);
    model.layout.view(parameters, 'batchNorm1.variance').fill(-1e-4);
    const [out] = pass(model, parameters, Float32Array.of(1, 2, 3, 4, 5, 6), false);
    expectClose([out], [[1, 2, 3, 4, 5, 6].map((v) => v / Math.sqrt(1e-3))], 1e-6);
  });

  it('keeps what an earlier pass in use recorded, though training moves the moments', () => {
    const tape = new Tape();
    const { named } = tape.parameters(model.layout, model.initialise(0));
    const batch = tape.tensor([4, 2, 1, 3], x);
    const loss = o.sum(o.square(model.forward(named, batch)));
    const weight = named['batchNorm1.weight']!;
    const before = gradients(loss, [weight])[0]!.values();
    model.forward(named, batch, { training: true });
    expect(gradients(loss, [weight])[0]!.values()).toEqual(before);
  });

  it('has no gradient for running moments, in training or in use', () => {
    expect(model.layout.names).toHaveLength(4);
    expect(model.trained).toEqual(['batchNorm1.bias', 'batchNorm1.weight']);
    const tape = new Tape();
    const { named } = tape.parameters(model.layout, model.initialise(0));
    for (const training of [true, false]) {
      const loss = o.sum(o.square(model.forward(named, tape.tensor([4, 2, 1, 3], x), { training })));
      const found = gradients(loss, [named['batchNorm1.mean']!, named['batchNorm1.variance']!]);
      expect(found.flatMap((g) => [...g.values()])).toEqual([0, 0, 0, 0]);
    }
  });

  it('is trained by trainEpochs, which moves running moments by the data alone', async () => {
    const net = sequential([dense(4), batchNorm(), relu(), dense(2)], [3]);
    const inputs = randomValues(60, 3);
    const labels = Uint8Array.from({ length: 20 }, (_, i) => (inputs[3 * i]! > 0 ? 1 : 0));
    const data = { inputs, labels, examples: 20, inputSize: 3 };
    const run = async (learningRate: number, prox: number): Promise<Record<string, Float32Array>> => {
      const parameters = net.initialise(1);
      const optimiser = sgd({ learningRate });
      await trainEpochs({ model: net, parameters, data, epochs: 1, batchSize: 20, optimiser, seed: 1, prox });
      return net.layout.unflatten(parameters);
    };
    const still = await run(0, 0);
    const moved = await run(0.5, 10);
    const start = net.layout.unflatten(net.initialise(1));
    expect(still['batchNorm1.mean']).not.toEqual(start['batchNorm1.mean']);
    expect(still['batchNorm1.weight']).toEqual(start['batchNorm1.weight']);
    expect(moved['batchNorm1.mean']).toEqual(still['batchNorm1.mean']);
    expect(moved['batchNorm1.variance']).toEqual(still['batchNorm1.variance']);
    expect(moved['batchNorm1.weight']).not.toEqual(start['batchNorm1.weight']);
  });

  it('refuses settings that make no sense', () => {
    for (const momentum of [-0.1, 1.1, NaN]) expect(() => batchNorm({ momentum })).toThrow(RangeError);
    for (const epsilon of [0, -1, NaN]) expect(() => batchNorm({ epsilon })).toThrow(RangeError);
    expect(() => sequential([batchNorm()], [2, 2])).toThrow(coded('tensor-shape'));
  });
});

describe('dropout', () => {
  const model = sequential([dropout(0.25), dense(1)], [1000]);
  const tape = new Tape();
  const { named } = tape.parameters(model.layout, new Float32Array(1001).fill(1).fill(0, 0, 1));
  const ones = tape.full([1, 1000], 1);

  it('drops its share in training and weighs the rest so that the mean stays', () => {
    const random = new Random(3);
    const sums = Array.from({ length: 20 }, () => model.forward(named, ones, { training: true, random }).item());
    // Kept: 15 000 of 20 000 on average, with a standard deviation of 61.
    const kept = (sums.reduce((a, b) => a + b, 0) * 3) / 4;
    expect(Math.abs(kept - 15_000)).toBeLessThan(300);
    expect(new Set(sums).size).toBeGreaterThan(5);
  });

  it('draws the same for the same seed, and does nothing in use', () => {
    const once = (seed: number): number =>
      model.forward(named, ones, { training: true, random: new Random(seed) }).item();
    expect(once(1)).toBe(once(1));
    expect(model.forward(named, ones).item()).toBe(1000);
  });

  it('refuses to train without random numbers, and rates that leave nothing', () => {
    expect(() => model.forward(named, ones, { training: true })).toThrow(coded('internal'));
    for (const rate of [-0.1, 1, NaN]) expect(() => dropout(rate)).toThrow(RangeError);
  });
});

describe('shapes and names', () => {
  it('a generator after Radford et al. 2016', () => {
    const generator = sequential(
      [
        ...[dense(4 * 7 * 7, { bias: false }), reshape([4, 7, 7]), batchNorm(), relu()],
        ...[convTranspose2d(2, 4, { stride: 2, padding: 1, bias: false }), batchNorm(), relu()],
        ...[convTranspose2d(1, 4, { stride: 2, padding: 1, weights: 'glorot' }), tanh()],
      ],
      [10],
    );
    expect(generator.outputShape).toEqual([1, 28, 28]);
    expect(generator.layout.names).toEqual([
      ...['batchNorm1.bias', 'batchNorm1.mean', 'batchNorm1.variance', 'batchNorm1.weight'],
      ...['batchNorm2.bias', 'batchNorm2.mean', 'batchNorm2.variance', 'batchNorm2.weight'],
      ...['convTranspose1.weight', 'convTranspose2.bias', 'convTranspose2.weight', 'dense1.weight'],
    ]);
  });

  it('the network of Shokri and Shmatikov for images of 32 × 32: pools of 3 and 2, the first one leaving a rest', () => {
    const network = sequential(
      [
        ...[conv2d(32, 5), maxPool2d(3), relu(), conv2d(64, 5), maxPool2d(2), relu()],
        ...[flatten(), dense(200), relu(), dense(10)],
      ],
      [1, 32, 32],
    );
    expect(network.layout.size).toBe(832 + 51_264 + 51_400 + 2010);
  });

  it('refuses shapes that do not fit', () => {
    const shape = coded('tensor-shape');
    expect(() => sequential([reshape([2, 5]), dense(1)], [9])).toThrow(shape);
    expect(() => sequential([convTranspose2d(2, 3)], [9])).toThrow(shape);
    expect(() => sequential([convTranspose2d(2, 1, { padding: 2 })], [1, 3, 3])).toThrow(shape);
  });
});

const stacks: [name: string, layers: Layer[], shape: number[]][] = [
  ['batch norm of vectors', [dense(3, { bias: false }), batchNorm(), tanh()], [4]],
  ['batch norm of images', [conv2d(2, 2, { bias: false }), batchNorm(), leakyRelu(0.2)], [1, 4, 3]],
  ['transposed convolution', [reshape([2, 2, 1]), convTranspose2d(2, 3, { stride: 2, padding: 1 }), tanh()], [4]],
  ['transposed convolution, outputPadding', [convTranspose2d(1, 2, { stride: 3, outputPadding: 1 })], [2, 2, 2]],
  ['dropout', [dense(5, { bias: false }), dropout(0.4)], [3]],
];

describe.each(stacks)('training through %s', (_, list, shape) => {
  const model = sequential(list, shape);

  it('has right first and second derivatives by input and parameters', () => {
    const names = model.trained;
    const shapes = names.map((name) => model.layout.shapeOf(name));
    checkDerivatives(
      (x, ...parameters) => {
        const named = { ...x.tape.parameters(model.layout, model.initialise(0)).named };
        for (const [i, name] of names.entries()) named[name] = parameters[i]!;
        return model.forward(named, x, { training: true, random: new Random(7) });
      },
      randomInputs([3, ...shape], ...shapes),
    );
  });

  it('gives the same bits in wasm and plain', () => {
    const train = (kind: 'wasm' | 'plain'): Float32Array => {
      const tape = new Tape(kind);
      const learner = trainable(tape, model, model.initialise(1), adam({ learningRate: 0.01 }));
      const random = new Random(5);
      const x = tape.tensor([6, ...shape], randomValues(6 * model.inputSize, 2));
      const start = tape.mark();
      for (let step = 0; step < 5; step++) {
        const out = learner.forward(x, { training: true, random });
        learner.update(gradients(o.mean(o.square(o.sub(out, tape.full([], 0.5)))), learner.sources));
        tape.release(start);
      }
      return learner.values();
    };
    expect(new Int32Array(train('plain').buffer)).toEqual(new Int32Array(train('wasm').buffer));
    expect(train('wasm')).not.toEqual(model.initialise(1));
  });
});
