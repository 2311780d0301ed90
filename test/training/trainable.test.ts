import { describe, expect, it } from 'vitest';
import {
  adam,
  gradients,
  layers,
  operations as o,
  Random,
  sequential,
  sgd,
  Tape,
  trainable,
} from '../../training/index.ts';
import type { Tensor } from '../../training/index.ts';
import { coded, randomValues } from './support.ts';

const { batchNorm, dense, leakyRelu, relu, sigmoid, tanh } = layers;

/** Standard normal numbers, near enough: sums of twelve uniform ones. */
function normal(tape: Tape, shape: number[], random: Random): Tensor {
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += random.uniform();
    return sum;
  });
  return tape.tensor(shape, values);
}

const means = (x: Float32Array, columns: number): number[] =>
  Array.from({ length: columns }, (_, c) => {
    const own = x.filter((_v, i) => i % columns === c);
    return own.reduce((a, b) => a + b, 0) / own.length;
  });

describe('trainable', () => {
  it('trains a generator against a discriminator on one tape, in memory that does not grow', () => {
    // Real points lie around (2, −1) with a spread of 0.5; the generator starts around the origin.
    const generator = sequential([dense(16, { bias: false }), batchNorm(), relu(), dense(2)], [4]);
    const discriminator = sequential([dense(16), leakyRelu(0.2), dense(1)], [2]);
    const tape = new Tape();
    const random = new Random(11, 'gan');
    const g = trainable(tape, generator, generator.initialise(1), adam({ learningRate: 0.01, beta1: 0.5 }));
    const d = trainable(tape, discriminator, discriminator.initialise(2), adam({ learningRate: 0.01, beta1: 0.5 }));
    const training = { training: true };
    const batch = 32;
    const [ones, zeros] = [tape.full([batch, 1], 1), tape.full([batch, 1], 0)];
    const start = tape.mark();
    const judge = (points: Tensor, verdict: Tensor): Tensor =>
      o.binaryCrossEntropy(d.forward(points, training), verdict);
    const generate = (): Float32Array => {
      const points = g.forward(normal(tape, [500, 4], random)).values();
      tape.release(start);
      return points;
    };
    const before = means(generate(), 2);
    const step = (): void => {
      const real = o.add(o.scale(normal(tape, [batch, 2], random), 0.5), tape.tensor([2], [2, -1]));
      const fake = g.forward(normal(tape, [batch, 4], random), training);
      d.update(gradients(o.add(judge(real, ones), judge(fake, zeros)), d.sources));
      // The discriminator has changed, so the generator's loss is computed anew.
      g.update(gradients(judge(fake, ones), g.sources));
      tape.release(start);
    };
    step();
    const room = tape.heap.reals.length;
    for (let i = 0; i < 800; i++) step();
    const after = means(generate(), 2);
    expect(Math.hypot(before[0]! - 2, before[1]! + 1)).toBeGreaterThan(1);
    expect(Math.hypot(after[0]! - 2, after[1]! + 1)).toBeLessThan(0.5);
    expect(tape.heap.reals.length).toBe(room);
    expect(tape.length).toBe(start.length);
  });

  it('trains an autoencoder of two models by one loss', () => {
    // Eight one-hot vectors through three numbers.
    const encoder = sequential([dense(3, { weights: 'glorot' }), tanh()], [8]);
    const decoder = sequential([dense(8, { weights: 'glorot' }), sigmoid()], [3]);
    const tape = new Tape();
    const parts = [encoder, decoder].map((model, i) =>
      trainable(tape, model, model.initialise(i), adam({ learningRate: 0.05 })),
    );
    const x = o.oneHot(tape, [0, 1, 2, 3, 4, 5, 6, 7], 8);
    const start = tape.mark();
    let error = Infinity;
    for (let step = 0; step < 600; step++) {
      const loss = o.mean(o.square(o.sub(parts[1]!.forward(parts[0]!.forward(x)), x)));
      error = loss.item();
      const found = gradients(loss, [...parts[0]!.sources, ...parts[1]!.sources]);
      parts[0]!.update(found.slice(0, 2));
      parts[1]!.update(found.slice(2));
      tape.release(start);
    }
    expect(error).toBeLessThan(0.01);
  });

  it('leaves the vector it was given and the other model alone', () => {
    const model = sequential([dense(2)], [3]);
    const tape = new Tape();
    const given = model.initialise(1);
    const [one, other] = [1, 2].map(() => trainable(tape, model, given, sgd({ learningRate: 1 })));
    one!.update(gradients(o.sum(one!.forward(tape.full([1, 3], 1))), one!.sources));
    expect(given).toEqual(model.initialise(1));
    expect(other!.values()).toEqual(given);
    expect([...one!.values()]).toEqual([...given].map((v) => Math.fround(v - 1)));
  });

  it('leaves gradients as they are, also under a proximal term', () => {
    const model = sequential([dense(2)], [3]);
    const tape = new Tape();
    const learner = trainable(tape, model, randomValues(8, 1), sgd({ learningRate: 0.1 }), { prox: 2 });
    const found = ['dense1.bias', 'dense1.weight'].map((name) => {
      const shape = model.layout.shapeOf(name);
      return tape.full(shape, 0.25);
    });
    learner.update(found);
    const once = learner.values();
    learner.update(found);
    for (const g of found) expect(g.values().every((v) => v === 0.25)).toBe(true);
    // The second step is pulled back by 2 · (w − w₀), and w − w₀ = −0.025.
    for (const [i, w] of learner.values().entries()) expect(w).toBeCloseTo(once[i]! - 0.1 * (0.25 - 0.05), 6);
  });

  it('refuses gradients that are not its own', () => {
    const model = sequential([dense(2)], [3]);
    const tape = new Tape();
    const learner = trainable(tape, model, model.initialise(1), sgd({ learningRate: 1 }));
    const [bias, weight] = learner.sources;
    const before = learner.values();
    for (const wrong of [[], [bias!], [weight!, bias!]])
      expect(() => learner.update(wrong)).toThrow(coded('tensor-shape'));
    expect(learner.values()).toEqual(before);
    expect(() => trainable(tape, model, new Float32Array(3), sgd({ learningRate: 1 }))).toThrow(coded('update-shape'));
  });
});
