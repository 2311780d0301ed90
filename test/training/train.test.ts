import { describe, expect, it } from 'vitest';
import {
  adam,
  evaluate,
  gradients,
  layers,
  operations as o,
  predict,
  Random,
  sequential,
  sgd,
  Tape,
  trainEpochs,
} from '../../training/index.ts';
import type { Examples, TrainingOptions } from '../../training/index.ts';
import { withTape } from '../../training/run/tapes.ts';
import { coded } from './support.ts';

const { conv2d, dense, dropout, flatten, maxPool2d, relu } = layers;

/** Three clouds of points in the plane, 120° apart, far enough to be told apart without error. */
function clouds(examples: number, seed: number): Examples {
  const random = new Random(seed, 'clouds');
  const centres = [
    [0, 2],
    [1.8, -1],
    [-1.8, -1],
  ];
  const inputs = new Float32Array(examples * 2);
  const labels = new Uint8Array(examples);
  for (let i = 0; i < examples; i++) {
    labels[i] = i % 3;
    for (let axis = 0; axis < 2; axis++) inputs[2 * i + axis] = centres[labels[i]!]![axis]! + random.uniform() - 0.5;
  }
  return { inputs, labels, examples, inputSize: 2 };
}

/** 8 × 8 images of a bright bar, upright or lying, at a random place, with noise. */
function bars(examples: number, seed: number): Examples {
  const random = new Random(seed, 'bars');
  const inputs = new Float32Array(examples * 64);
  const labels = new Int32Array(examples);
  for (let i = 0; i < examples; i++) {
    labels[i] = i % 2;
    const place = random.below(8);
    for (let p = 0; p < 64; p++) {
      const on = (labels[i] ? p % 8 : p >> 3) === place;
      inputs[i * 64 + p] = (on ? 1 : 0) + 0.2 * random.uniform();
    }
  }
  return { inputs, labels, examples, inputSize: 64 };
}

const mlp = sequential([dense(16), relu(), dense(3)], [2]);
const cnn = sequential([conv2d(4, 3, { padding: 1 }), maxPool2d(2), relu(), flatten(), dense(2)], [1, 8, 8]);

const small = (change: Partial<TrainingOptions> = {}): TrainingOptions => ({
  model: mlp,
  parameters: mlp.initialise(1),
  data: clouds(90, 1),
  epochs: 2,
  batchSize: 8,
  optimiser: sgd({ learningRate: 0.1, momentum: 0.9 }),
  seed: 4,
  ...change,
});

describe('trainEpochs', () => {
  it('learns clouds of points with an MLP, and what it learned holds for new points', async () => {
    const parameters = mlp.initialise(1);
    const before = await evaluate(mlp, parameters, clouds(300, 2));
    const scores = await trainEpochs(small({ parameters, epochs: 20 }));
    const after = await evaluate(mlp, parameters, clouds(300, 2));
    expect(before.accuracy).toBeLessThan(0.8);
    expect(scores).toMatchObject({ accuracy: 1, examples: 90 });
    expect(after).toMatchObject({ accuracy: 1, examples: 300 });
    expect(after.loss).toBeLessThan(0.05);
  });

  it('learns bars with a CNN and Adam', async () => {
    const parameters = cnn.initialise(2);
    const optimiser = adam({ learningRate: 0.01 });
    await trainEpochs({ model: cnn, parameters, data: bars(200, 1), epochs: 10, batchSize: 20, optimiser, seed: 1 });
    const after = await evaluate(cnn, parameters, bars(200, 2));
    expect(after.accuracy).toBeGreaterThan(0.98);
  });

  it('takes the step that its parts describe', async () => {
    const data = clouds(6, 3);
    const parameters = mlp.initialise(1);
    const start = parameters.slice();
    const scores = await trainEpochs(
      small({ parameters, data, epochs: 1, batchSize: 6, optimiser: sgd({ learningRate: 0.5 }) }),
    );
    const tape = new Tape('double');
    const { named } = tape.parameters(mlp.layout, start);
    const logits = mlp.forward(named, tape.tensor([6, 2], data.inputs));
    const loss = o.softmaxCrossEntropy(logits, o.oneHot(tape, data.labels, 3));
    expect(scores.loss).toBeCloseTo(loss.item(), 5);
    for (const name of mlp.layout.names) {
      const [gradient] = gradients(loss, [named[name]!]);
      const [now, then] = [mlp.layout.view(parameters, name), mlp.layout.view(start, name)];
      for (const [i, g] of gradient!.values().entries()) expect(now[i]).toBeCloseTo(then[i]! - 0.5 * g, 5);
    }
  });

  it.each([
    ['momentum', sgd({ learningRate: 0.1, momentum: 0.9 })],
    ['Adam', adam({ learningRate: 0.1 })],
  ])('keeps the memory of %s apart for each parameter', async (_, optimiser) => {
    const data = clouds(6, 3);
    const parameters = mlp.initialise(1);
    const start = parameters.slice();
    await trainEpochs(small({ parameters, data, epochs: 3, batchSize: 6, optimiser }));
    // The same by one update of the whole vector per step, in 64 bits.
    const tape = new Tape('double');
    const { layout } = mlp;
    const slots = Array.from({ length: optimiser.slots }, () => tape.full([layout.size], 0).at);
    const { flat, named } = tape.parameters(layout, start);
    for (let step = 1; step <= 3; step++) {
      const logits = mlp.forward(named, tape.tensor([6, 2], data.inputs));
      const loss = o.softmaxCrossEntropy(logits, o.oneHot(tape, data.labels, 3));
      const found = gradients(
        loss,
        layout.names.map((name) => named[name]!),
      );
      const gradient = tape.tensor(
        [layout.size],
        found.flatMap((g) => [...g.raw()]),
      ).at;
      optimiser.update(tape.kernels, { parameters: flat.at, gradient, slots, size: layout.size }, step);
    }
    for (const [i, w] of flat.values().entries()) expect(parameters[i]).toBeCloseTo(w, 4);
  });

  it('takes no more memory for more steps, and leaves none of its values behind', async () => {
    const data = clouds(3000, 1);
    await trainEpochs(small({ data, kernels: 'plain', epochs: 1, batchSize: 1 }));
    await evaluate(mlp, mlp.initialise(1), data, { kernels: 'plain', batchSize: 1 });
    await withTape('plain', (tape) => {
      // 2^18 is what a heap begins with; three thousand steps of some 500 values each would not fit.
      expect(tape.heap.reals.length).toBe(2 ** 18);
      expect(tape.heap.reals.every((v) => v === 0)).toBe(true);
      return Promise.resolve();
    });
  });

  it.each([
    ['MLP', mlp, clouds(50, 1)],
    ['CNN', cnn, bars(50, 1)],
  ])('gives the same bits twice, and in wasm and plain: %s', async (_, model, data) => {
    const train = async (change: Partial<TrainingOptions>): Promise<Float32Array> => {
      const parameters = model.initialise(1);
      const optimiser = adam({ learningRate: 0.01 });
      await trainEpochs({
        model,
        parameters,
        data,
        epochs: 2,
        batchSize: 16,
        optimiser,
        seed: 9,
        prox: 0.01,
        ...change,
      });
      return parameters;
    };
    const first = await train({ kernels: 'wasm' });
    expect(new Int32Array((await train({ kernels: 'wasm' })).buffer)).toEqual(new Int32Array(first.buffer));
    expect(new Int32Array((await train({ kernels: 'plain' })).buffer)).toEqual(new Int32Array(first.buffer));
    expect(await train({ seed: 10 })).not.toEqual(first);
  });

  it('runs several trainings at once without mixing them', async () => {
    const alone = [1, 2, 3, 4].map((seed) => small({ seed, parameters: mlp.initialise(seed), epochs: 5 }));
    for (const options of alone) await trainEpochs(options);
    const together = [1, 2, 3, 4].map((seed) => small({ seed, parameters: mlp.initialise(seed), epochs: 5 }));
    await Promise.all(together.map(trainEpochs));
    expect(together.map(({ parameters }) => parameters)).toEqual(alone.map(({ parameters }) => parameters));
  });

  it('is held near its start by FedProx', async () => {
    const start = mlp.initialise(1);
    const distance = async (prox: number): Promise<number> => {
      const parameters = start.slice();
      await trainEpochs(small({ parameters, epochs: 10, prox, optimiser: sgd({ learningRate: 0.05 }) }));
      return Math.hypot(...parameters.map((v, i) => v - start[i]!));
    };
    const [free, held, tight] = [await distance(0), await distance(0.5), await distance(10)];
    expect(held).toBeLessThan(0.9 * free);
    expect(tight).toBeLessThan(0.6 * held);
  });

  it('adds mu · (w − w₀) to the gradient', async () => {
    // Two full-batch steps; in the first one w = w₀, so the term shows in the second alone.
    const data = clouds(6, 3);
    const rate = 0.5;
    const run = async (epochs: number, prox: number): Promise<Float32Array> => {
      const parameters = mlp.initialise(1);
      await trainEpochs(
        small({ parameters, data, epochs, batchSize: 6, prox, optimiser: sgd({ learningRate: rate }) }),
      );
      return parameters;
    };
    const start = mlp.initialise(1);
    const [once, free, held] = [await run(1, 0.2), await run(2, 0), await run(2, 0.2)];
    expect(once).toEqual(await run(1, 0));
    for (const [i, w] of held.entries()) expect(w).toBeCloseTo(free[i]! - rate * 0.2 * (once[i]! - start[i]!), 5);
  });

  it('reports each batch, the last one smaller', async () => {
    const seen: string[] = [];
    await trainEpochs(
      small({
        data: clouds(20, 1),
        onBatch: ({ epoch, batch, batches, loss, accuracy }) => {
          expect(Number.isFinite(loss) && accuracy >= 0 && accuracy <= 1).toBe(true);
          seen.push(`${epoch}.${batch}/${batches}`);
        },
      }),
    );
    expect(seen).toEqual(['0.0/3', '0.1/3', '0.2/3', '1.0/3', '1.1/3', '1.2/3']);
  });

  it('uses every example once per epoch', async () => {
    // A model that cannot move: each batch’s loss is then the sum of its examples’ own.
    const data = clouds(30, 1);
    const parameters = mlp.initialise(1);
    const scores = await trainEpochs(
      small({ data, parameters, batchSize: 7, epochs: 3, optimiser: sgd({ learningRate: 0 }) }),
    );
    const expected = await evaluate(mlp, parameters, data);
    expect(scores.loss).toBeCloseTo(expected.loss, 5);
    expect(scores.accuracy).toBeCloseTo(expected.accuracy, 12);
  });

  it('lets timers run while it works', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    let batches = 0;
    // Until the timer has run thrice: an engine that holds the thread would never end, so there is a limit.
    const stop = new AbortController();
    await trainEpochs(
      small({
        data: clouds(3000, 1),
        epochs: 1000,
        signal: stop.signal,
        onBatch: () => {
          batches++;
          if (turns >= 3 || batches > 200_000) stop.abort();
        },
      }),
    ).catch(() => undefined);
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(3);
  });
});

describe('what ends a training', () => {
  const untouched = async (change: Partial<TrainingOptions>, error: Error): Promise<void> => {
    const options = small(change);
    const before = options.parameters.slice();
    await expect(trainEpochs(options)).rejects.toThrow(error);
    expect(options.parameters).toEqual(before);
  };

  it('an abort, between batches, with the signal’s reason', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    await untouched({ signal: stop.signal, onBatch: ({ batch }) => batch === 3 && stop.abort(reason) }, reason);
    await untouched({ signal: AbortSignal.abort(reason), onBatch: () => expect.unreachable() }, reason);
  });

  it('no data', async () => {
    const data = { inputs: new Float32Array(0), labels: new Uint8Array(0), examples: 0, inputSize: 2 };
    await untouched({ data }, coded('data-empty'));
    await expect(evaluate(mlp, mlp.initialise(1), data)).rejects.toThrow(coded('data-empty'));
  });

  it('a loss that is not a number', async () => {
    const data = clouds(30, 1);
    data.inputs[17] = NaN;
    await untouched({ data }, coded('update-not-finite'));
  });

  it('parameters that ran away in the last step', async () => {
    const data = clouds(90, 1);
    data.inputs.forEach((v, i, all) => (all[i] = 100 * v));
    const optimiser = sgd({ learningRate: 3e38 });
    await untouched({ data, epochs: 1, batchSize: 90, optimiser }, coded('update-not-finite'));
  });

  it('data that do not fit', async () => {
    const malformed = coded('data-malformed');
    const data = clouds(30, 1);
    await untouched({ data: { ...data, inputSize: 3 } }, malformed);
    await untouched({ data: { ...data, inputs: data.inputs.subarray(1) } }, malformed);
    await untouched({ data: { ...data, labels: data.labels.subarray(1) } }, malformed);
    await untouched({ data: { ...data, labels: data.labels.map(() => 3) } }, malformed);
    await untouched({ data: { ...data, labels: new Int32Array(30).fill(-1) } }, malformed);
  });

  it('parameters of another length', async () => {
    const parameters = new Float32Array(5);
    await untouched({ parameters }, coded('update-shape'));
  });

  it('settings out of range', async () => {
    for (const change of [{ epochs: 0 }, { batchSize: 0 }, { batchSize: 1.5 }, { prox: -1 }, { seed: -1 }])
      await untouched(change, expect.any(RangeError) as Error);
    await expect(evaluate(mlp, mlp.initialise(1), clouds(3, 1), { batchSize: 0 })).rejects.toThrow(RangeError);
  });
});

describe('evaluate', () => {
  it('scores the same however it is cut into batches', async () => {
    const parameters = mlp.initialise(1);
    const whole = await evaluate(mlp, parameters, clouds(100, 1));
    const cut = await evaluate(mlp, parameters, clouds(100, 1), { batchSize: 7, kernels: 'plain' });
    expect(cut.accuracy).toBe(whole.accuracy);
    expect(cut.loss).toBeCloseTo(whole.loss, 6);
  });

  it('stops when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(evaluate(mlp, mlp.initialise(1), clouds(9, 1), { signal })).rejects.toThrow('enough');
  });
});

describe('predict', () => {
  const model = sequential([dense(16), relu(), dropout(0.3), dense(3)], [2]);

  it('gives each example’s softmax, the same however it is cut into batches', async () => {
    const parameters = model.initialise(1);
    const { inputs, labels } = clouds(100, 1);
    const whole = await predict(model, parameters, inputs, 100);
    expect(await predict(model, parameters, inputs, 100, { batchSize: 7, kernels: 'plain' })).toEqual(whole);
    const tape = new Tape();
    const { named } = tape.parameters(model.layout, parameters);
    expect(whole).toEqual(o.softmax(model.forward(named, tape.tensor([100, 2], inputs))).values());
    const right = [...labels].filter((label, i) => {
      const row = whole.subarray(3 * i, 3 * i + 3);
      expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
      return row[label] === Math.max(...row);
    });
    const { accuracy } = await evaluate(model, parameters, clouds(100, 1));
    expect(right).toHaveLength(100 * accuracy);
  });

  it('has nothing to say of nothing, and refuses what does not fit', async () => {
    const parameters = model.initialise(1);
    expect(await predict(model, parameters, new Float32Array(0), 0)).toHaveLength(0);
    const malformed = coded('data-malformed');
    await expect(predict(model, parameters, new Float32Array(3), 2)).rejects.toThrow(malformed);
    await expect(predict(model, parameters, new Float32Array(3), 1.5)).rejects.toThrow(malformed);
    const image = sequential([conv2d(1, 1)], [1, 2, 2]);
    await expect(predict(image, image.initialise(0), new Float32Array(4), 1)).rejects.toThrow(malformed);
    await expect(predict(model, parameters, new Float32Array(2), 1, { batchSize: 0 })).rejects.toThrow(RangeError);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(predict(model, parameters, new Float32Array(2), 1, { signal })).rejects.toThrow('enough');
  });
});
