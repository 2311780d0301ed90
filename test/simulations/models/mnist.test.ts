import { describe, expect, it } from 'vitest';
import { loadMnist } from '../../../training/data/node/mnist.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { loadPaddedMnist } from '../../../simulations/models/mnist.ts';

describe('MNIST at 32 × 32', () => {
  it('has the digit in the middle of a black margin, in shared memory', async () => {
    const [padded, plain] = await Promise.all([loadPaddedMnist('test', { limit: 3 }), loadMnist('test', 3)]);
    expect(padded.inputShape).toEqual([1, 32, 32]);
    expect([...padded.labels]).toEqual([7, 2, 1]);
    expect(padded.inputs.buffer).toBeInstanceOf(SharedArrayBuffer);
    for (let i = 0; i < 3; i++)
      for (let y = 0; y < 32; y++)
        for (let x = 0; x < 32; x++) {
          const inside = y >= 2 && y < 30 && x >= 2 && x < 30;
          const expected = inside ? plain.inputs[i * 784 + (y - 2) * 28 + (x - 2)] : 0;
          expect(padded.inputs[i * 1024 + y * 32 + x]).toBe(expected);
        }
  });

  it('gives black and white the numbers that are asked for', async () => {
    const plain = await loadPaddedMnist('test', { limit: 1 });
    const { inputs } = await loadPaddedMnist('test', { limit: 1, black: -1, white: 1 });
    expect(inputs[0]).toBe(-1);
    inputs.forEach((value, i) => expect(value).toBeCloseTo(2 * plain.inputs[i]! - 1, 6));
  });

  it('goes on where one read ends', async () => {
    const { inputs, labels } = await loadPaddedMnist('train', { limit: 8200 });
    const { inputs: last, labels: label } = await loadMnist('train', { indices: [8199] });
    expect(labels[8199]).toBe(label[0]);
    expect(inputs.subarray(8199 * 1024 + 16 * 32 + 2, 8199 * 1024 + 16 * 32 + 30)).toEqual(
      last.subarray(14 * 28, 15 * 28),
    );
  });

  it('refuses a limit that is no whole number from 1', async () => {
    await expect(loadPaddedMnist('test', { limit: 0 })).rejects.toBeInstanceOf(CairnError);
  });
});
