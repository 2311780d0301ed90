import { describe, expect, it } from 'vitest';
import { gradients, layers, mnistCnn, mnistMlp, operations as o, sequential, Tape } from '../../training/index.ts';
import type { KernelKind, Model, Tensor } from '../../training/index.ts';
import { coded, expectClose, randomValues } from './support.ts';

const { averagePool2d, conv2d, dense, flatten, leakyRelu, maxPool2d, relu, sigmoid, tanh } = layers;

const mlp = sequential([dense(6), tanh(), dense(5), relu(), dense(3)], [4]);
const cnn = sequential(
  [conv2d(2, 3, { padding: 1 }), maxPool2d(2), relu(), conv2d(3, 2, { stride: 2 }), sigmoid(), flatten(), dense(3)],
  [1, 6, 6],
);

/** What a leakage experiment minimises: |∇w loss(x, y) − target|², as a function of the dummy input x. */
function gradientDistance(model: Model, tape: Tape, x: Tensor, parameters: Float32Array): Tensor {
  const { named } = tape.parameters(model.layout, parameters);
  const loss = o.softmaxCrossEntropy(model.forward(named, x), o.oneHot(tape, [0, 2], 3));
  const sources = model.layout.names.map((name) => named[name]!);
  return gradients(loss, sources)
    .map((g, i) =>
      o.sum(
        o.square(
          o.sub(
            g,
            tape.tensor(
              g.shape,
              randomValues(g.size, i).map((v) => v / 10),
            ),
          ),
        ),
      ),
    )
    .reduce((a, b) => o.add(a, b));
}

describe.each([
  ['MLP', mlp],
  ['CNN', cnn],
])('second-order gradients through a %s', (_, model) => {
  const parameters = model.initialise(3).map((v, i) => v + 0.01 * Math.sign((i % 5) - 2));
  const shape = [2, ...model.inputShape];
  const start = randomValues(2 * model.inputSize, 8);

  function byInput(kind: KernelKind): number[] {
    const tape = new Tape(kind);
    const x = tape.tensor(shape, start);
    return [...gradients(gradientDistance(model, tape, x, parameters), [x])[0]!.raw()];
  }

  it('of the distance of gradients, by the input', () => {
    const tape = new Tape('double');
    const at = (i: number, by: number): number => {
      const values = Float64Array.from(start);
      values[i]! += by;
      const before = tape.mark();
      const distance = gradientDistance(model, tape, tape.tensor(shape, values), parameters).item();
      tape.release(before);
      return distance;
    };
    const numeric = Array.from(start, (_v, i) => (at(i, 1e-5) - at(i, -1e-5)) / 2e-5);
    expect(Math.max(...numeric.map(Math.abs))).toBeGreaterThan(1e-3);
    expectClose([byInput('double')], [numeric], 1e-6);
  });

  it('in 32 bits on wasm, as exact as 32 bits allow', () => {
    expectClose([byInput('wasm')], [byInput('double')], 1e-4);
    expect(byInput('plain')).toEqual(byInput('wasm'));
  });

  it('Hessian times vector, by the parameters', () => {
    const vector = randomValues(model.layout.size, 4);
    // ∇w loss at parameters that are moved by `by` · vector, in 64 bits.
    const gradientAt = (by: number): { slope: number[]; product: number[] } => {
      const tape = new Tape('double');
      const { named } = tape.parameters(model.layout, parameters);
      const { named: direction } = tape.parameters(model.layout, vector);
      const moved = Object.fromEntries(
        model.layout.names.map((name) => [name, o.add(named[name]!, o.scale(direction[name]!, by))]),
      );
      const logits = model.forward(moved, tape.tensor(shape, start));
      const sources = model.layout.names.map((name) => moved[name]!);
      const found = gradients(o.softmaxCrossEntropy(logits, o.oneHot(tape, [0, 2], 3)), sources);
      const along = found
        .map((g, i) => o.sum(o.mul(g, direction[model.layout.names[i]!]!)))
        .reduce((a, b) => o.add(a, b));
      const product = gradients(along, sources);
      return { slope: found.flatMap((g) => [...g.raw()]), product: product.flatMap((g) => [...g.raw()]) };
    };
    const [above, below] = [gradientAt(1e-5).slope, gradientAt(-1e-5).slope];
    const numeric = above.map((v, i) => (v - below[i]!) / 2e-5);
    expectClose([gradientAt(0).product], [numeric], 1e-6);
  });
});

describe('sequential', () => {
  it('names tensors after layers and counts within a kind', () => {
    expect(cnn.layout.shapes).toEqual({
      'conv1.bias': [2],
      'conv1.weight': [2, 1, 3, 3],
      'conv2.bias': [3],
      'conv2.weight': [3, 2, 2, 2],
      'dense1.bias': [3],
      'dense1.weight': [3, 3],
    });
    const named = sequential([dense(2, { name: 'first' }), relu(), dense(1)], [3]);
    expect(named.layout.names).toEqual(['dense2.bias', 'dense2.weight', 'first.bias', 'first.weight']);
  });

  it('has the reference models’ sizes', () => {
    expect(mnistMlp().layout.size).toBe(784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10);
    expect(mnistCnn().layout.size).toBe(25 * 8 + 8 + 200 * 16 + 16 + 784 * 128 + 128 + 1280 + 10);
    expect(mnistCnn().inputSize).toBe(784);
    expect(mnistCnn().outputShape).toEqual([10]);
  });

  it('computes what its layers say', () => {
    const model = sequential([averagePool2d(2), flatten(), dense(1), leakyRelu(0.5)], [1, 2, 4]);
    const tape = new Tape();
    const { named } = tape.parameters(
      model.layout,
      model.layout.flatten({
        'dense1.weight': Float32Array.of(1, -1),
        'dense1.bias': Float32Array.of(0.5),
      }),
    );
    const x = tape.tensor([2, 1, 2, 4], [1, 1, 2, 2, 1, 1, 2, 2, 4, 4, 0, 0, 4, 4, 0, 0]);
    expect([...model.forward(named, x).values()]).toEqual([-0.25, 4.5]);
  });

  it('refuses what does not fit', () => {
    const shape = coded('tensor-shape');
    expect(() => sequential([dense(3)], [1, 4, 4])).toThrow(shape);
    expect(() => sequential([conv2d(3, 3)], [9])).toThrow(shape);
    expect(() => sequential([conv2d(3, 5)], [1, 4, 4])).toThrow(shape);
    expect(() => sequential([maxPool2d(5)], [1, 4, 4])).toThrow(shape);
    const update = coded('update-shape');
    expect(() => sequential([relu()], [4])).toThrow(update);
    expect(() => sequential([dense(2, { name: 'a' }), dense(2, { name: 'a' })], [2])).toThrow(update);
    const tape = new Tape();
    const { named } = tape.parameters(mlp.layout, mlp.initialise(0));
    expect(() => mlp.forward(named, tape.full([2, 5], 0))).toThrow(shape);
    expect(() => mlp.forward({}, tape.full([2, 4], 0))).toThrow(update);
  });
});

describe('initialisation', () => {
  it('depends on the seed and on the tensor’s name, and on nothing else', () => {
    expect(mlp.initialise(1)).toEqual(mlp.initialise(1));
    expect(mlp.initialise(1)).not.toEqual(mlp.initialise(2));
    const longer = sequential([dense(6), tanh(), dense(5), relu(), dense(3), relu(), dense(2)], [4]);
    for (const name of mlp.layout.names)
      expect(longer.layout.view(longer.initialise(1), name)).toEqual(mlp.layout.view(mlp.initialise(1), name));
  });

  it('draws each tensor from a stream of its own', () => {
    const twins = sequential([dense(4), dense(4)], [4]);
    const flat = twins.initialise(1);
    expect(twins.layout.view(flat, 'dense1.weight')).not.toEqual(twins.layout.view(flat, 'dense2.weight'));
  });

  it('fills the range of its scheme and keeps biases at zero', () => {
    const model = sequential([dense(100), dense(50, { weights: 'glorot' })], [200]);
    const flat = model.initialise(5);
    const reach = (name: string): number => Math.max(...model.layout.view(flat, name).map(Math.abs));
    const [he, glorot] = [Math.sqrt(6 / 200), Math.sqrt(6 / 150)];
    expect(reach('dense1.weight')).toBeLessThanOrEqual(he);
    expect(reach('dense1.weight')).toBeGreaterThan(0.99 * he);
    expect(reach('dense2.weight')).toBeLessThanOrEqual(glorot);
    expect(reach('dense2.weight')).toBeGreaterThan(0.99 * glorot);
    expect(reach('dense1.bias')).toBe(0);
  });

  it('refuses seeds that are no integers', () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53]) expect(() => mlp.initialise(seed)).toThrow(RangeError);
  });
});
