import { beforeAll, describe, expect, it } from 'vitest';
import {
  argmax,
  buildNetwork,
  compile,
  evaluateFixed,
  evaluateFloats,
  type LayerDescription,
  quantise,
  ringOf,
} from '../../../inference/index.ts';
import { toFixed } from '../../../protocol/mpc/sharing/index.ts';
import { loadMnist } from '../../../training/data/node/index.ts';
import { sgd, trainEpochs } from '../../../training/index.ts';
import { dense, type Layer, relu, sequential, sigmoid } from '../../../training/layers/index.ts';
import { square } from '../../../training/operations/pointwise.ts';

const TRAINED = 4000;
const TESTED = 1000;

const squared = (): Layer => ({
  kind: 'square',
  build: (inputShape) => ({ outputShape: inputShape, parameters: {}, forward: square }),
});

let train: Awaited<ReturnType<typeof loadMnist>>;
let test: Awaited<ReturnType<typeof loadMnist>>;

beforeAll(async () => {
  train = await loadMnist('train', TRAINED);
  test = await loadMnist('test', TESTED);
});

/** A small network, trained for an epoch; and the classes of the test images, by floats and by a plan. */
async function classesOf(activation: 'relu' | 'square' | 'sigmoid', system: 'chameleon' | 'secureml') {
  const layer = { relu, sigmoid, square: squared }[activation];
  const model = sequential([dense(32), layer(), dense(32), layer(), dense(10)], [784]);
  const parameters = model.initialise(1);
  const data = { ...train, inputShape: [784] };
  const rate = activation === 'square' ? 0.01 : activation === 'relu' ? 0.1 : 0.5;
  await trainEpochs({
    model,
    parameters,
    data,
    epochs: 1,
    batchSize: 32,
    optimiser: sgd({ learningRate: rate }),
    seed: 1,
  });
  const { layout } = model;
  const tensors = Object.fromEntries(
    Object.keys(layout.shapes).map((name) => {
      const at = layout.offsetOf(name);
      return [name, parameters.slice(at, at + layout.sizeOf(name))];
    }),
  );
  const layers = [1, 2, 3].flatMap((at): LayerDescription[] => [
    { kind: 'dense', weight: `dense${at}.weight`, bias: `dense${at}.bias` },
    ...(at < 3 ? [{ kind: activation } as const] : []),
  ]);
  const network = buildNetwork(
    { version: 1, input: { shape: [784], range: [0, 1] }, layers },
    { tensors, shapes: layout.shapes },
  );
  const { plan } = compile(network, { system });
  const ring = ringOf(plan.bits);
  const { classes } = evaluateFixed(plan, quantise(network, plan), toFixed(ring, test.inputs, plan.fraction), TESTED);
  const scores = evaluateFloats(network, test.inputs);
  const floats = Uint8Array.from({ length: TESTED }, (_, i) => argmax(scores.subarray(10 * i, 10 * i + 10)));
  const accuracy = (found: ArrayLike<number>): number =>
    Array.from(found).filter((label, i) => label === test.labels[i]).length / TESTED;
  const changed = classes.filter((label, i) => label !== floats[i]).length;
  return { plan, changed, floats: accuracy(floats), fixed: accuracy(classes) };
}

describe('a network trained here, in fixed point', () => {
  it.each([
    ['relu', 'chameleon', 32],
    ['relu', 'secureml', 64],
    ['square', 'chameleon', 64],
    ['square', 'secureml', 64],
  ] as const)(
    'changes the class of at most one image in a thousand, with %s for %s',
    async (activation, system, bits) => {
      const { plan, changed, floats, fixed } = await classesOf(activation, system);
      expect(plan.bits).toBe(bits);
      expect(floats).toBeGreaterThan(0.6);
      // One of a thousand is a tenth of a point.
      expect(changed).toBeLessThanOrEqual(1);
      expect(Math.abs(fixed - floats)).toBeLessThan(1.5 / TESTED);
    },
  );

  it('stays as accurate with the lines that stand for a sigmoid', async () => {
    const { floats, fixed } = await classesOf('sigmoid', 'chameleon');
    expect(floats).toBeGreaterThan(0.5);
    expect(Math.abs(fixed - floats)).toBeLessThanOrEqual(0.01);
  });
});
