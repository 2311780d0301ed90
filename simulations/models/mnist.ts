import type { Dataset } from '../../training/data/index.ts';
import { loadMnist, loadMnistLabels, type MnistPart } from '../../training/data/node/index.ts';
import { CairnError } from '../../protocol/errors.ts';

/** Rows and columns of the images for the papers' networks. */
export const SIDE = 32;

/** Which images to load, and the values of black and white. */
interface PaddedMnistOptions {
  /** Only this many, from the first; default all. */
  readonly limit?: number;
  /** Value of a black pixel and of the margin; default 0. */
  readonly black?: number;
  /** Value of a white pixel; default 1. */
  readonly white?: number;
}

// Images held in memory at both sizes at once.
const CHUNK = 8192;

/**
 * MNIST with a margin that makes its images 32 × 32, as in the papers: shape [1, 32, 32], the digit in the middle.
 * Inputs and labels are in shared memory, so that worker threads read them without copying.
 * @throws CairnError `data-missing`, `data-malformed`; `settings-invalid` for a limit that is not a positive integer
 */
export async function loadPaddedMnist(
  part: MnistPart,
  { limit, black = 0, white = 1 }: PaddedMnistOptions = {},
): Promise<Dataset> {
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1))
    throw new CairnError('settings-invalid', `limit must be an integer from 1, but is ${limit}`);
  const all = await loadMnistLabels(part);
  const examples = Math.min(limit ?? all.length, all.length);
  const inputSize = SIDE * SIDE;
  const inputs = new Float32Array(new SharedArrayBuffer(4 * examples * inputSize));
  const labels = new Uint8Array(new SharedArrayBuffer(examples));
  labels.set(all.subarray(0, examples));
  inputs.fill(black);
  for (let from = 0; from < examples; from += CHUNK) {
    const indices = Uint32Array.from({ length: Math.min(CHUNK, examples - from) }, (_, i) => from + i);
    const chunk = await loadMnist(part, { indices });
    const [, rows, columns] = chunk.inputShape;
    const top = (SIDE - rows!) / 2;
    const left = (SIDE - columns!) / 2;
    if (!Number.isInteger(top) || !Number.isInteger(left) || top < 0 || left < 0)
      throw new CairnError('data-malformed', `images: expected 28 × 28 pixels, got ${rows} × ${columns}`);
    for (let i = 0; i < chunk.examples; i++)
      for (let y = 0; y < rows!; y++) {
        const source = (i * rows! + y) * columns!;
        const target = (from + i) * inputSize + (top + y) * SIDE + left;
        for (let x = 0; x < columns!; x++) inputs[target + x] = black + (white - black) * chunk.inputs[source + x]!;
      }
  }
  return { inputs, labels, examples, inputSize, inputShape: [1, SIDE, SIDE], classes: 10 };
}
