import { CairnError } from '../../protocol/errors.ts';

/** Labelled examples in memory. */
export interface Dataset {
  /** examples × inputSize values in row-major order; images are scaled to 0…1. */
  readonly inputs: Float32Array;
  /** One class per example, from 0 below {@link classes}. */
  readonly labels: Uint8Array;
  /** Number of examples. */
  readonly examples: number;
  /** Values of one example: the product of {@link inputShape}. */
  readonly inputSize: number;
  /** Shape of one example; for images channels, rows, columns. */
  readonly inputShape: readonly number[];
  /** Number of classes. */
  readonly classes: number;
}

/** @throws CairnError `settings-invalid` if an index is not an integer from 0 below `examples` */
export function checkIndices(indices: ArrayLike<number>, examples: number): void {
  for (let i = 0; i < indices.length; i++) {
    if (!Number.isSafeInteger(indices[i]) || indices[i]! < 0 || indices[i]! >= examples) {
      throw new CairnError(
        'settings-invalid',
        `the data set has examples 0 to ${examples - 1}, but ${indices[i]} was requested`,
      );
    }
  }
}

/**
 * The named examples in the given order, copied.
 * @throws CairnError `settings-invalid` if there is no such example, `data-empty` if none is named,
 * `data-malformed` if there is not one class for each example
 */
export function subset(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  if (indices.length === 0) throw new CairnError('data-empty', 'a subset without examples was requested');
  checkIndices(indices, dataset.examples);
  if (dataset.labels.length !== dataset.examples) {
    const { labels, examples } = dataset;
    throw new CairnError(
      'data-malformed',
      `labels: expected one for each of ${examples} examples, got ${labels.length}`,
      {
        hint: 'a numeric label, rather than a class, cannot be used here',
      },
    );
  }
  const { inputSize } = dataset;
  const inputs = new Float32Array(indices.length * inputSize);
  const labels = new Uint8Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * inputSize;
    inputs.set(dataset.inputs.subarray(from, from + inputSize), i * inputSize);
    labels[i] = dataset.labels[indices[i]!]!;
  }
  return { ...dataset, inputs, labels, examples: indices.length };
}
