import { describe, expect, it } from 'vitest';
import { operations as o, Tape } from '../../training/index.ts';
import type { Tensor } from '../../training/index.ts';
import { coded, checkDerivatives, numericGradients, randomInputs, tapeGradients, expectClose } from './support.ts';
import type { Input, TensorFunction } from './support.ts';

const positive = (inputs: Input[]): Input[] =>
  inputs.map(({ shape, values }) => ({ shape, values: Float32Array.from(values, (v) => 1.5 + v) }));

const batchNormalise: TensorFunction = (x, w, b) => o.normalise(x, o.moments(x), w, b, 1e-2);

const cases: [name: string, f: TensorFunction, inputs: Input[]][] = [
  ['add', o.add, randomInputs([3, 4], [3, 4])],
  ['add, row bias', o.add, randomInputs([3, 4], [4])],
  ['add, channel bias', o.add, randomInputs([2, 3, 2, 2], [3, 1, 1])],
  ['add, both broadcast', o.add, randomInputs([3, 1], [1, 4])],
  ['sub, column', o.sub, randomInputs([3, 4], [3, 1])],
  ['mul', o.mul, randomInputs([3, 4], [3, 4])],
  ['mul, scalar', o.mul, randomInputs([3, 4], [])],
  ['mul by itself', (x) => o.mul(x, x), randomInputs([5])],
  ['div', o.div, positive(randomInputs([3, 4], [3, 4]))],
  ['div, broadcast', o.div, positive(randomInputs([2, 3, 4], [3, 1]))],
  ['scale', (x) => o.scale(x, -2.5), randomInputs([7])],
  ['neg', o.neg, randomInputs([7])],
  ['sum', (x) => o.sum(x), randomInputs([3, 4])],
  ['sum over the middle', (x) => o.sum(x, [1]), randomInputs([2, 3, 4])],
  ['sum over the ends, kept', (x) => o.sum(x, [0, -1], true), randomInputs([2, 3, 4])],
  ['sum over every other axis', (x) => o.sum(x, [0, 2, 4]), randomInputs([2, 3, 2, 3, 2])],
  ['mean over batch and places', (x) => o.mean(x, [0, 2, 3]), randomInputs([3, 2, 4, 5])],
  ['broadcastTo', (x) => o.broadcastTo(x, [2, 3, 4, 5]), randomInputs([3, 1, 5])],
  ['reshape', (x) => o.mul(o.reshape(x, [4, 3]), o.reshape(x, [4, 3])), randomInputs([2, 6])],
  ['permute', (x) => o.permute(x, [2, 0, 1]), randomInputs([2, 3, 4])],
  ['transpose', o.transpose, randomInputs([3, 5])],
  ['exp', o.exp, randomInputs([9])],
  ['log', o.log, positive(randomInputs([9]))],
  ['sqrt', o.sqrt, positive(randomInputs([9]))],
  ['square', o.square, randomInputs([9])],
  ['sigmoid', (x) => o.sigmoid(o.scale(x, 4)), randomInputs([9])],
  ['tanh', (x) => o.tanh(o.scale(x, 3)), randomInputs([9])],
  ['softplus', (x) => o.softplus(o.scale(x, 5)), randomInputs([9])],
  ['relu', o.relu, randomInputs([19])],
  ['leakyRelu', (x) => o.leakyRelu(x, 0.2), randomInputs([19])],
  ['abs', o.abs, randomInputs([19])],
  ['relu of a product', (x, y) => o.square(o.relu(o.mul(x, y))), randomInputs([9], [9])],
  ['softmax', o.softmax, randomInputs([3, 5])],
  ['logSumExp', o.logSumExp, randomInputs([3, 5])],
  ['logSoftmax', o.logSoftmax, randomInputs([3, 5])],
  ['softmaxCrossEntropy, both sides', o.softmaxCrossEntropy, randomInputs([4, 3], [4, 3])],
  ['binaryCrossEntropy, both sides', o.binaryCrossEntropy, randomInputs([4, 3], [4, 3])],
  ['matmul', (a, b) => o.matmul(a, b), randomInputs([3, 4], [4, 5])],
  ['matmul, a transposed', (a, b) => o.matmul(a, b, { a: true }), randomInputs([4, 3], [4, 5])],
  ['matmul, b transposed', (a, b) => o.matmul(a, b, { b: true }), randomInputs([3, 4], [5, 4])],
  ['matmul, both transposed', (a, b) => o.matmul(a, b, { a: true, b: true }), randomInputs([4, 3], [5, 4])],
  ['affine', o.affine, randomInputs([3, 4], [4, 5], [5])],
  ['affineRelu', o.affineRelu, randomInputs([3, 4], [4, 5], [5])],
  ['affineRelu, squared', (x, w, b) => o.square(o.affineRelu(x, w, b)), randomInputs([3, 4], [4, 5], [5])],
  ['gather', (x) => o.gather(x, [5, 0, 5, 2], [2, 2]), randomInputs([2, 3])],
  ['scatter', (x) => o.scatter(x, [5, 0, 5, 2], [2, 3]), randomInputs([4])],
  ['conv2d', (x, w, b) => o.conv2d(x, w, b), randomInputs([2, 2, 5, 4], [3, 2, 2, 3], [3])],
  ['conv2dRelu', (x, w, b) => o.square(o.conv2dRelu(x, w, b)), randomInputs([2, 2, 5, 4], [3, 2, 2, 3], [3])],
  [
    'conv2dRelu, stride, no bias',
    (x, w) => o.square(o.conv2dRelu(x, w, null, { stride: 2, padding: 1 })),
    randomInputs([2, 2, 5, 4], [3, 2, 2, 3]),
  ],
  [
    'conv2d, a batch that is run innermost',
    (x, w, b) => o.conv2d(x, w, b, { padding: 1 }),
    randomInputs([9, 2, 3, 4], [2, 2, 3, 3], [2]),
  ],
  [
    'conv2dRelu, a batch that is run innermost, stride',
    (x, w, b) => o.square(o.conv2dRelu(x, w, b, { stride: 2 })),
    randomInputs([17, 1, 5, 4], [2, 1, 3, 2], [2]),
  ],
  [
    'convTranspose2d, a batch that is run innermost',
    (y, w, b) => o.convTranspose2d(y, w, b, { stride: 2, padding: 1 }),
    randomInputs([16, 2, 2, 2], [2, 1, 4, 4], [1]),
  ],
  ['conv2d, padded', (x, w) => o.conv2d(x, w, null, { padding: 2 }), randomInputs([2, 1, 4, 4], [2, 1, 3, 3])],
  ['conv2d, stride', (x, w) => o.conv2d(x, w, null, { stride: 2 }), randomInputs([1, 2, 6, 7], [2, 2, 3, 3])],
  [
    'conv2d, stride and padding that leave a rest',
    (x, w, b) => o.conv2d(x, w, b, { stride: 3, padding: 1 }),
    randomInputs([2, 1, 6, 7], [2, 1, 2, 3], [2]),
  ],
  [
    'conv2d, window larger than the image',
    (x, w) => o.conv2d(x, w, null, { padding: 3 }),
    randomInputs([1, 1, 2, 2], [1, 1, 5, 5]),
  ],
  [
    'conv2d, window that is no square',
    (x, w) => o.conv2d(x, w, null, { padding: 1 }),
    randomInputs([1, 2, 4, 3], [2, 2, 2, 3]),
  ],
  ['convTranspose2d', (y, w) => o.convTranspose2d(y, w), randomInputs([2, 2, 3, 3], [2, 3, 2, 2])],
  [
    'convTranspose2d, stride',
    (y, w) => o.convTranspose2d(y, w, null, { stride: 2, padding: 1, outputPadding: 1 }),
    randomInputs([1, 2, 3, 3], [2, 1, 3, 3]),
  ],
  ['convTranspose2d, bias', (y, w, b) => o.convTranspose2d(y, w, b), randomInputs([2, 2, 3, 3], [2, 3, 2, 2], [3])],
  [
    'convTranspose2d, bias and stride',
    (y, w, b) => o.convTranspose2d(y, w, b, { stride: 2, padding: 1 }),
    randomInputs([2, 2, 3, 3], [2, 3, 4, 4], [3]),
  ],
  ['maxPool2d', (x) => o.square(o.maxPool2d(x, 2)), randomInputs([2, 2, 4, 5])],
  ['maxPool2d, overlapping', (x) => o.square(o.maxPool2d(x, 3, 1)), randomInputs([1, 2, 4, 5])],
  ['moments, mean', (x) => o.moments(x).mean, randomInputs([3, 2, 2, 3])],
  ['moments, variance', (x) => o.moments(x).variance, randomInputs([5, 3])],
  ['moments, variance of images', (x) => o.moments(x).variance, randomInputs([3, 2, 2, 3])],
  ['normalise', batchNormalise, randomInputs([5, 3], [3], [3])],
  ['normalise, images', batchNormalise, randomInputs([2, 3, 2, 3], [3], [3])],
  [
    'normalise, by other moments',
    (x, mean, variance, w, b) => o.normalise(x, { mean, variance: o.square(variance) }, w, b, 0.1),
    randomInputs([2, 3, 2, 2], [3], [3], [3], [3]),
  ],
  ['averagePool2d', (x) => o.square(o.averagePool2d(x, 2)), randomInputs([2, 2, 4, 5])],
  ['averagePool2d, overlapping', (x) => o.square(o.averagePool2d(x, 3, 2)), randomInputs([1, 2, 5, 6])],
];

describe('derivatives of every operation', () => {
  it.each(cases)('%s', (_, f, inputs) => {
    checkDerivatives(f, inputs);
  });

  it('covers every operation', () => {
    const named = cases.map(([name]) => name).join(' ');
    // A constant has no derivative; sumTo is the derivative of broadcastTo and checked as its second.
    const others = Object.keys(o).filter((name) => name !== 'oneHot' && name !== 'sumTo');
    for (const name of others) expect(named, name).toContain(name);
  });

  it('the check itself notices a wrong derivative', () => {
    const wrong = (x: Tensor): Tensor => {
      const out = x.tape.record(x.shape, [x], [(g) => o.mul(g, x)]);
      x.tape.kernels.mul(x.at, x.at, out.at, x.size);
      return out;
    };
    const inputs = randomInputs([4]);
    const check = (): void =>
      expectClose(tapeGradients(wrong, inputs, 'double'), numericGradients(wrong, inputs), 1e-7);
    expect(check).toThrow(/element 0/);
  });
});

describe('values', () => {
  const tape = new Tape();
  const t = (shape: number[], ...values: number[]): Tensor => tape.tensor(shape, values);

  it('multiplies matrices', () => {
    const a = t([2, 3], 1, 2, 3, 4, 5, 6);
    const b = t([3, 2], 7, 8, 9, 10, 11, 12);
    expect([...o.matmul(a, b).values()]).toEqual([58, 64, 139, 154]);
    expect([...o.affine(a, b, t([2], 100, 200)).values()]).toEqual([158, 264, 239, 354]);
  });

  it('convolves without flipping, and transposes that', () => {
    const x = t([1, 1, 3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9);
    const w = t([1, 1, 2, 2], 1, 0, 0, 10);
    expect([...o.conv2d(x, w, t([1], 0.5)).values()]).toEqual([51.5, 62.5, 84.5, 95.5]);
    expect(o.conv2d(x, w, null, { stride: 2, padding: 1 }).values()).toEqual(Float32Array.of(10, 30, 70, 95 - 0));
    const y = t([1, 1, 2, 2], 1, 2, 3, 4);
    expect([...o.convTranspose2d(y, w).values()]).toEqual([1, 2, 0, 3, 14, 20, 0, 30, 40]);
    expect(o.convTranspose2d(y, w, null, { stride: 2 }).shape).toEqual([1, 1, 4, 4]);
  });

  it('pools, and sends the gradient to the first of equals', () => {
    const x = t([1, 1, 2, 4], 1, 5, 7, 7, 5, 2, 7, 0);
    expect([...o.maxPool2d(x, 2).values()]).toEqual([5, 7]);
    expect([...o.averagePool2d(x, 2).values()]).toEqual([3.25, 5.25]);
    const [g] = tapeGradients((z) => o.maxPool2d(z, 2), [{ shape: x.shape, values: x.values() }], 'wasm');
    expect(g!.map((v) => v !== 0)).toEqual([false, true, true, false, false, false, false, false]);
  });

  it('keeps softmax and its losses finite for large logits', () => {
    const logits = t([1, 3], 1000, -1000, 1000);
    expect([...o.softmax(logits).values()]).toEqual([0.5, 0, 0.5]);
    const loss = o.softmaxCrossEntropy(logits, o.oneHot(tape, [0], 3)).item();
    expect(loss).toBeCloseTo(Math.LN2, 6);
    expect(o.binaryCrossEntropy(t([2], 1000, -1000), t([2], 1, 0)).item()).toBe(0);
  });

  it('sums and broadcasts over any axes', () => {
    const x = t([2, 1, 3], 1, 2, 3, 4, 5, 6);
    expect([...o.sum(x, [0]).values()]).toEqual([5, 7, 9]);
    expect(o.sum(x, [0]).shape).toEqual([1, 3]);
    expect([...o.mean(x, [-1], true).values()]).toEqual([2, 5]);
    expect([...o.broadcastTo(x, [2, 2, 3]).values()]).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    expect(o.sum(x).item()).toBe(21);
  });
});

describe('refusals', () => {
  const tape = new Tape();
  const zeros = (...shape: number[]): Tensor => tape.full(shape, 0);
  const refused: [string, () => unknown][] = [
    ['add', () => o.add(zeros(2, 3), zeros(2))],
    ['broadcastTo', () => o.broadcastTo(zeros(2, 3), [3])],
    ['sumTo', () => o.sumTo(zeros(2, 3), [2])],
    ['sum', () => o.sum(zeros(2, 3), [2])],
    ['matmul', () => o.matmul(zeros(2, 3), zeros(2, 3))],
    ['affine', () => o.affine(zeros(2, 3), zeros(3, 4), zeros(3))],
    ['reshape', () => o.reshape(zeros(2, 3), [5])],
    ['permute', () => o.permute(zeros(2, 3), [0, 0])],
    ['gather', () => o.gather(zeros(2), [2], [1])],
    ['scatter', () => o.scatter(zeros(2), [0], [4])],
    ['affineRelu', () => o.affineRelu(zeros(2, 3), zeros(3, 4), zeros(3))],
    ['conv2dRelu', () => o.conv2dRelu(zeros(1, 1, 2, 2), zeros(1, 1, 3, 3))],
    ['conv2d channels', () => o.conv2d(zeros(1, 2, 4, 4), zeros(1, 1, 2, 2))],
    ['conv2d too small', () => o.conv2d(zeros(1, 1, 2, 2), zeros(1, 1, 3, 3))],
    ['conv2d bias', () => o.conv2d(zeros(1, 1, 3, 3), zeros(2, 1, 3, 3), zeros(1))],
    ['conv2d stride', () => o.conv2d(zeros(1, 1, 3, 3), zeros(1, 1, 3, 3), null, { stride: 0 })],
    ['convTranspose2d', () => o.convTranspose2d(zeros(1, 2, 3, 3), zeros(1, 2, 3, 3))],
    ['convTranspose2d rank', () => o.convTranspose2d(zeros(2, 3, 3), zeros(2, 2, 3, 3))],
    [
      'convTranspose2d margin',
      () => o.convTranspose2d(zeros(1, 1, 3, 3), zeros(1, 1, 3, 3), null, { outputPadding: 1 }),
    ],
    [
      'convTranspose2d of which a margin leaves nothing',
      () => o.convTranspose2d(zeros(1, 4, 1, 6), zeros(4, 1, 1, 2), null, { stride: 3, padding: 3, outputPadding: 1 }),
    ],
    [
      'convTranspose2d of which a margin leaves no column',
      () => o.convTranspose2d(zeros(1, 1, 2, 3), zeros(1, 1, 5, 5), null, { padding: 3 }),
    ],
    ['convTranspose2d bias', () => o.convTranspose2d(zeros(1, 2, 3, 3), zeros(2, 3, 3, 3), zeros(2))],
    ['moments', () => o.moments(zeros(2, 3, 4))],
    ['normalise', () => o.normalise(zeros(2, 3), o.moments(zeros(2, 3)), zeros(3), zeros(2), 1e-5)],
    ['maxPool2d', () => o.maxPool2d(zeros(1, 1, 2, 2), 3)],
    ['averagePool2d', () => o.averagePool2d(zeros(2, 2), 1)],
    ['softmaxCrossEntropy', () => o.softmaxCrossEntropy(zeros(2, 3), zeros(3, 2))],
    ['binaryCrossEntropy', () => o.binaryCrossEntropy(zeros(2), zeros(3))],
    ['tensor', () => tape.tensor([2, 2], [1, 2, 3])],
  ];
  it.each(refused)('%s', (_, attempt) => {
    expect(attempt).toThrow(coded('tensor-shape'));
  });

  it('a label that is no class', () => {
    expect(() => o.oneHot(tape, [0, 3], 3)).toThrow(coded('data-malformed'));
  });
});
