import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CairnError } from '../../protocol/errors.ts';
import { type EmnistSplit, loadEmnist } from '../../training/data/node/emnist.ts';
import { loadIdx } from '../../training/data/node/idx.ts';
import { loadMnist, loadMnistLabels } from '../../training/data/node/mnist.ts';
import { rejectionOf } from '../coordinator/support/errors.ts';

/*
 * People have MNIST's kin as the archives give them: packed, under other names, as letters with labels from 1, or as
 * floats. They were told of a magic number.
 */

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-idx-'));
});

afterEach(() => rm(folder, { recursive: true }));

const word = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const idx = (type: number, dimensions: readonly number[], values: Iterable<number>): Uint8Array =>
  Uint8Array.from([0, 0, type, dimensions.length, ...dimensions.flatMap(word), ...values]);

const EXAMPLES = 300;
/** Image i is i mod 251, 1, 2 above 3, 4, 5. */
const images = idx(8, [EXAMPLES, 2, 3], Array.from({ length: EXAMPLES }, (_, i) => [i % 251, 1, 2, 3, 4, 5]).flat());
const labels = idx(
  8,
  [EXAMPLES],
  Array.from({ length: EXAMPLES }, (_, i) => i % 10),
);

const put = async (name: string, content: Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

describe('MNIST’s files', () => {
  it.each([
    ['packed', (kind: string, rank: string) => `t10k-${kind}-${rank}-ubyte.gz`, gzipSync],
    ['packed, without its ending', (kind: string, rank: string) => `t10k-${kind}-${rank}-ubyte`, gzipSync],
    ['with a dot', (kind: string, rank: string) => `t10k-${kind}.${rank}-ubyte`, (bytes: Uint8Array) => bytes],
  ])('are read %s, in any order', async (_, name, pack) => {
    await put(name('images', 'idx3'), pack(images));
    await put(name('labels', 'idx1'), pack(labels));
    const indices = [299, 0, 7, 260, 7];
    const set = await loadMnist('test', { folder, indices });
    expect(set).toMatchObject({ examples: 5, inputSize: 6, inputShape: [1, 2, 3], classes: 10 });
    expect([...set.labels]).toEqual(indices.map((i) => i % 10));
    expect([...set.inputs]).toEqual(indices.flatMap((i) => [i % 251, 1, 2, 3, 4, 5].map((v) => Math.fround(v / 255))));
    expect(await loadMnistLabels('test', { folder })).toHaveLength(EXAMPLES);
  });

  it('are told from EMNIST’s by what the folder has', async () => {
    await put('emnist-letters-train-images-idx3-ubyte.gz', gzipSync(images));
    const error = await rejectionOf(loadMnist('train', { folder }));
    expect(error.code).toBe('data-missing');
    expect(error.message).toContain('train-images-idx3-ubyte');
    expect(error.hint).toMatch(/the folder has emnist-letters-train-images-idx3-ubyte\.gz: loadEmnist/);
  });

  it('that another data set’s labels are among say how to read that', async () => {
    await put('train-images-idx3-ubyte', images);
    await put('train-labels-idx1-ubyte', idx(8, [3], [1, 26, 3]));
    const error = await rejectionOf(loadMnistLabels('train', { folder }));
    expect(error.message).toMatch(
      /train-labels-idx1-ubyte: labels are integers from 0 to 9, but that of example 1 is 26/,
    );
    expect(error.hint).toContain('firstLabel');
  });
});

describe('a packed file', () => {
  const load = async (packed: Uint8Array): Promise<CairnError> =>
    rejectionOf(loadIdx({ images: await put('i', packed), labels: await put('l', labels) }));

  it.each<[string, () => Uint8Array]>([
    ['is cut off', () => gzipSync(images).subarray(0, 60)],
    [
      'has a wrong checksum',
      () => {
        const packed = gzipSync(images);
        packed[packed.length - 6]! ^= 1;
        return packed;
      },
    ],
    ['unpacks to less than its header says', () => gzipSync(images.subarray(0, images.length - 1))],
    ['unpacks to more', () => gzipSync(Uint8Array.of(...images, 0))],
    ['unpacks to no IDX', () => gzipSync(new TextEncoder().encode('label,pixel'))],
    ['could never unpack to what its header says', () => gzipSync(idx(8, [2 ** 31, 2 ** 10, 2 ** 10], [1]))],
  ])('that %s is refused by its name', async (_, packed) => {
    const error = await load(packed());
    expect(error.code).toBe('data-malformed');
    expect(error.message).toContain(join(folder, 'i'));
  });
});

describe('EMNIST', () => {
  const write = async (split: EmnistSplit, values: readonly number[]): Promise<void> => {
    const count = values.length;
    const stem = `emnist-${split}-train`;
    await put(
      `${stem}-images-idx3-ubyte.gz`,
      gzipSync(
        images
          .slice(0, 16 + 6 * count)
          .fill(count, 7, 8)
          .fill(0, 6, 7),
      ),
    );
    await put(`${stem}-labels-idx1-ubyte.gz`, gzipSync(idx(8, [count], values)));
  };

  it('has letters from 1 and images on their side: classes are 0 to 25, and rows are rows', async () => {
    await write('letters', [1, 26, 13]);
    const set = await loadEmnist('letters', 'train', { folder, indices: [1] });
    expect(set).toMatchObject({ classes: 26, inputShape: [1, 3, 2] });
    expect([...set.labels]).toEqual([25]);
    expect([...set.inputs].map((value) => Math.round(255 * value))).toEqual([1, 3, 1, 4, 2, 5]);
  });

  it('has digits from 0', async () => {
    await write('digits', [0, 9, 4]);
    expect([...(await loadEmnist('digits', 'train', { folder })).labels]).toEqual([0, 9, 4]);
  });

  it('of another split is refused by its labels', async () => {
    await write('letters', [0, 2, 4]);
    expect((await rejectionOf(loadEmnist('letters', 'train', { folder }))).message).toContain('from 1 to 26');
  });
});

describe('files of other types', () => {
  it('are taken as they are: floats of any shape, labels of 32 bits', async () => {
    const floats = [0, 0.5, -1, 2, 3, 1e6];
    const bytes = floats.flatMap((value) => {
      const view = new DataView(new ArrayBuffer(4));
      view.setFloat32(0, value);
      return [...new Uint8Array(view.buffer)];
    });
    const set = await loadIdx({
      images: await put('features', idx(0x0d, [2, 3], bytes)),
      labels: await put('classes', idx(0x0c, [2], [...word(7), ...word(3)])),
    });
    expect(set).toEqual({
      inputs: Float32Array.from(floats),
      labels: Uint8Array.of(7, 3),
      ...{ examples: 2, inputSize: 3, inputShape: [3], classes: 8 },
    });
  });

  it('are refused for NaN, by example', async () => {
    const files = {
      images: await put('i', idx(0x0d, [2, 1], [0, 0, 0, 0, 0x7f, 0xc0, 0, 0])),
      labels: await put('l', idx(8, [2], [0, 1])),
    };
    expect((await rejectionOf(loadIdx(files))).message).toContain('example 1 ');
  });

  it.each<[string, Uint8Array, Uint8Array, string]>([
    ['images for labels', images, images, '300 × 2 × 3 unsigned bytes'],
    ['labels for images', labels, labels, '300 unsigned bytes'],
    [
      'labels of several columns, as QMNIST’s',
      images,
      idx(0x0c, [1, 2], [...word(1), ...word(2)]),
      '1 × 2 32-bit integers',
    ],
    ['another number of images', images, idx(8, [1], [1]), '300 images, but there are 1 labels'],
  ])('are named where they are %s', async (_, image, label, words) => {
    const error = await rejectionOf(loadIdx({ images: await put('i', image), labels: await put('l', label) }));
    expect(error.code).toBe('data-malformed');
    expect(error.message).toContain(words);
  });

  it('that are not there are named', async () => {
    const missing = { images: join(folder, 'nothing'), labels: await put('l', labels) };
    expect(await rejectionOf(loadIdx(missing))).toMatchObject({
      code: 'data-missing',
      message: `there is no file ${missing.images}`,
    });
  });
});
