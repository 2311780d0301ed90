import { describe, expect, it } from 'vitest';
import { engineApp } from '../../client/apps/engine.ts';
import type { Dataset } from '../../training/data/index.ts';
import { subsetSeed, trainingSeed } from '../../client/driver/seeds.ts';
import { layers, Random, sequential } from '../../training/index.ts';
import { modelPoint } from '../../protocol/rounds/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { SecretBytes } from '../../protocol/crypto/secret.ts';

// What two sums tell a liar that are from nearly the same model, the second one without the target: the target's update
// and, as an error, what the other members' updates have changed.

const MEMBERS = 8;
const model = sequential([layers.dense(16), layers.relu(), layers.dense(4)], [8]);

/** Four classes that overlap, other ones for each member. */
function dataOf(member: number, examples = 60): Dataset {
  const random = new Random(member, 'data');
  const inputs = new Float32Array(8 * examples);
  const labels = Uint8Array.from({ length: examples }, () => random.below(4));
  for (let i = 0; i < inputs.length; i++)
    inputs[i] = random.uniform() + (i % 4 === labels[Math.floor(i / 8)] ? 0.5 : 0);
  return { inputs, labels, examples, inputSize: 8, inputShape: [8], classes: 4 };
}

/** A member's update from a model, as its driver seeds it. */
async function updateOf(member: number, from: Float32Array, batchSize: number, repeat = 0): Promise<Float32Array> {
  const data = dataOf(member);
  const options = { batchSize, epochs: 2, learningRate: 0.1 };
  const key = { point: modelPoint(nodePrimitives, from), repeat, training: JSON.stringify(options) };
  const { parameters } = await engineApp(model, () => data).train(model.layout.unflatten(from.slice()), data, {
    ...{ task: 't', round: 1, options, signal: new AbortController().signal, repeat },
    seed: trainingSeed(nodePrimitives, member, key),
    subsetSeed: subsetSeed(nodePrimitives, new SecretBytes(new Uint8Array(32).fill(member)), key),
  });
  return model.layout.flatten(parameters).map((value, i) => value - from[i]!);
}

const norm = (values: Float32Array): number => Math.hypot(...values);

/** Relative error of the target's update as it comes out of the two sums, both unrounded. */
async function errorOf(moved: Float32Array, batchSize: number, repeat = 0): Promise<number> {
  const before = model.initialise(1);
  const target = await updateOf(1, before, batchSize);
  const error = new Float32Array(target.length);
  for (let member = 2; member <= MEMBERS; member++) {
    const [first, second] = [
      await updateOf(member, before, batchSize),
      await updateOf(member, moved, batchSize, repeat),
    ];
    for (let i = 0; i < error.length; i++) error[i]! += first[i]! - second[i]!;
  }
  return norm(error) / norm(target);
}

/** A model moved by one unit in the last place of one value, or by a part of its norm in a random direction. */
function moved(by: 'unit' | number): Float32Array {
  const values = model.initialise(1);
  if (by === 'unit') {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
    words[0]! ^= 1;
    return values;
  }
  const random = new Random(5, 'step');
  const step = values.map(() => random.uniform() - 0.5);
  const scale = (by * norm(values)) / norm(step);
  return values.map((value, i) => value + scale * step[i]!);
}

describe('two sums of which the second one, from nearly the same model, lacks the target', () => {
  it.each([
    ['full batches, one unit in the last place', 'unit', 60, 0, 1e-5],
    ['full batches, a step of a thousandth', 1e-3, 60, 1e-4, 0.1],
    ['small batches, one unit in the last place', 'unit', 6, 0.1, 3],
    ['small batches, a step of a thousandth', 1e-3, 6, 0.1, 3],
  ] as const)(
    'give the target’s update away with an error in these bounds: %s',
    async (name, by, batch, least, most) => {
      const error = await errorOf(moved(by), batch);
      if (process.env['CAIRN_SHOW_FIGURES'] !== undefined) process.stdout.write(`${name}: ${error.toPrecision(3)}\n`);
      expect(error).toBeGreaterThanOrEqual(least);
      expect(error).toBeLessThan(most);
    },
  );

  it('are the same sum again without a change, and without it the error is none', async () => {
    expect(await errorOf(model.initialise(1), 6)).toBe(0);
  });

  it('hide it behind the change of all others where everybody trains anew, also on full batches', async () => {
    const error = await errorOf(model.initialise(1), 60, 1);
    if (process.env['CAIRN_SHOW_FIGURES'] !== undefined)
      process.stdout.write(`full batches, repeat 1: ${error.toPrecision(3)}\n`);
    expect(error).toBeGreaterThan(0.05);
  });
});
