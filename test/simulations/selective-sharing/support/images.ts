import type { Dataset } from '../../../../training/data/index.ts';
import { Random } from '../../../../training/index.ts';

/** Images of the networks' size that are easy to tell apart: noise, and a bright row for each class. */
export function stripes(examples: number, seed = 1): Dataset {
  const inputSize = 32 * 32;
  const random = new Random(seed, 'stripes');
  const inputs = Float32Array.from({ length: examples * inputSize }, () => random.uniform() / 4);
  const labels = Uint8Array.from({ length: examples }, (_, i) => i % 10);
  labels.forEach((label, i) => {
    const from = i * inputSize + 3 * label * 32;
    inputs.fill(1, from, from + 32);
  });
  return { inputs, labels, examples, inputSize, inputShape: [1, 32, 32], classes: 10 };
}
