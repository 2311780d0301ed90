import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadMnist, loadMnistLabels } from '../../training/data/node/mnist.ts';
import { rejectionOf } from '../coordinator/support/errors.ts';

const EXAMPLES = 10_000;
const word = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

let folder = '';

/** A small set in the original format: image i is 2 × 1 pixels, i mod 251 and i mod 241, with label i mod 10. */
async function writeSet(stem: string, examples: number): Promise<void> {
  const images = new Uint8Array(16 + 2 * examples);
  images.set([0, 0, 8, 3, ...word(examples), ...word(2), ...word(1)]);
  const labels = new Uint8Array(8 + examples);
  labels.set([0, 0, 8, 1, ...word(examples)]);
  for (let i = 0; i < examples; i++) {
    images.set([i % 251, i % 241], 16 + 2 * i);
    labels[8 + i] = i % 10;
  }
  await writeFile(join(folder, `${stem}-images-idx3-ubyte`), images);
  await writeFile(join(folder, `${stem}-labels-idx1-ubyte`), labels);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-mnist-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

describe('MNIST from the package', () => {
  it('has the digits that everybody knows', async () => {
    const { inputs, labels, ...rest } = await loadMnist('test', 5);
    expect(rest).toEqual({ examples: 5, inputSize: 784, inputShape: [1, 28, 28], classes: 10 });
    expect([...labels]).toEqual([7, 2, 1, 0, 4]);
    expect(inputs).toHaveLength(5 * 784);
    expect(inputs.reduce((a, b) => Math.max(a, b))).toBe(1);
    expect(inputs.reduce((a, b) => Math.min(a, b))).toBe(0);
    // Row 7 of the first test image, the bar of a seven: pixel 6 is 84 of 255.
    expect(inputs[7 * 28 + 6]).toBe(Math.fround(84 / 255));
  });

  it('has 60 000 labels to train on, in the known numbers', async () => {
    const labels = await loadMnistLabels('train');
    const counts = new Array<number>(10).fill(0);
    for (const label of labels) counts[label]!++;
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
  });

  it('gives the same example by limit and by index', async () => {
    const few = await loadMnist('train', { limit: 3 });
    const one = await loadMnist('train', { indices: [2] });
    expect(one.labels[0]).toBe(few.labels[2]);
    expect(one.inputs).toEqual(few.inputs.subarray(2 * 784));
  });

  it('is found from elsewhere too', async () => {
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
    expect((await loadMnist('test', 1)).labels[0]).toBe(7);
  });
});

describe('MNIST from a folder', () => {
  it('serves any order, repetitions and chunk borders', async () => {
    await writeSet('train', EXAMPLES);
    const indices = [9999, 0, 4096, 4095, 8191, 8192, 4096];
    const { inputs, labels, inputShape } = await loadMnist('train', { folder, indices });
    expect(inputShape).toEqual([1, 2, 1]);
    expect([...labels]).toEqual(indices.map((i) => i % 10));
    expect([...inputs]).toEqual(indices.flatMap((i) => [Math.fround((i % 251) / 255), Math.fround((i % 241) / 255)]));
  });

  it('loads all by default', async () => {
    await writeSet('t10k', EXAMPLES);
    const all = await loadMnist('test', { folder });
    expect(all.examples).toBe(EXAMPLES);
    expect(all.inputs[2 * 9998]).toBe(Math.fround((9998 % 251) / 255));
    expect((await loadMnist('test', { folder, limit: 99_999 })).examples).toBe(EXAMPLES);
  });

  it('is named by CAIRN_MNIST_DIR, unless an option names one', async () => {
    await writeSet('t10k', 20);
    vi.stubEnv('CAIRN_MNIST_DIR', folder);
    expect(await loadMnistLabels('test')).toHaveLength(20);
    vi.stubEnv('CAIRN_MNIST_DIR', join(folder, 'nothing'));
    expect(await loadMnistLabels('test', { folder })).toHaveLength(20);
    const error = await rejectionOf(loadMnistLabels('test'));
    expect(error.code).toBe('data-missing');
    expect(error.hint).not.toContain('npm install');
  });

  it('refuses files that do not fit', async () => {
    await writeSet('train', 20);
    await writeFile(join(folder, 'train-labels-idx1-ubyte'), Uint8Array.of(0, 0, 8, 1, ...word(1), 3));
    const error = await rejectionOf(loadMnist('train', { folder }));
    expect(error.code).toBe('data-malformed');
    expect(error.message).toContain('train-images-idx3-ubyte');
    await writeFile(join(folder, 'train-labels-idx1-ubyte'), Uint8Array.of(0, 0, 8, 1, ...word(1), 10));
    expect((await rejectionOf(loadMnistLabels('train', { folder }))).message).toContain('10');
    await writeFile(join(folder, 'train-labels-idx1-ubyte'), Uint8Array.of(0, 0, 8, 1, ...word(1), 3));
    await writeFile(join(folder, 'train-images-idx3-ubyte'), Uint8Array.of(0, 0, 8));
    expect((await rejectionOf(loadMnist('train', { folder }))).code).toBe('data-malformed');
  });

  it('refuses what cannot be chosen', async () => {
    await writeSet('train', 20);
    const codeOf = async (options: Parameters<typeof loadMnist>[1]): Promise<string> =>
      (await rejectionOf(loadMnist('train', options))).code;
    expect(await codeOf({ folder, indices: [20] })).toBe('settings-invalid');
    expect(await codeOf({ folder, indices: [-1] })).toBe('settings-invalid');
    expect(await codeOf({ folder, indices: [] })).toBe('data-empty');
    expect(await codeOf({ folder, limit: 0 })).toBe('settings-invalid');
    expect(await codeOf({ folder, limit: 1, indices: [0] })).toBe('settings-invalid');
  });
});
