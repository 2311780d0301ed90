import { CairnError } from '../../protocol/errors.ts';
import type { Model } from '../layers/index.ts';

/** Labelled examples. */
export interface Examples {
  /** Example after example, each `inputSize` values, row-major. */
  readonly inputs: Float32Array;
  /** The class of each example, from 0. */
  readonly labels: Uint8Array | Int32Array;
  /** Number of examples. */
  readonly examples: number;
  /** Number of values of one example. */
  readonly inputSize: number;
}

/** How well a model did on labelled examples. */
export interface Scores {
  /** Mean softmax cross-entropy per example, in nats. */
  readonly loss: number;
  /** Share of examples whose class had the largest output. */
  readonly accuracy: number;
  /** Number of examples counted. */
  readonly examples: number;
}

/**
 * Checks that examples are valid and fit a model that gives one output per class.
 * @throws CairnError `data-empty` without examples; `data-malformed` if lengths or a label do not fit the model
 */
export function checkExamples(model: Model, { inputs, labels, examples, inputSize }: Examples): void {
  if (examples === 0) throw new CairnError('data-empty', 'there are no examples to train or evaluate on');
  const malformed = (what: string): CairnError =>
    new CairnError('data-malformed', what, { hint: 'check that the data and the model belong together' });
  if (model.outputShape.length !== 1) throw malformed('the model does not give one output per class');
  if (inputSize !== model.inputSize)
    throw malformed(`examples: expected ${model.inputSize} values each, got ${inputSize}`);
  if (inputs.length !== examples * inputSize)
    throw malformed(`inputs: expected ${examples} × ${inputSize} values, got ${inputs.length}`);
  if (labels.length !== examples) throw malformed(`labels: expected ${examples}, got ${labels.length}`);
  const [classes] = model.outputShape;
  const wrong = labels.findIndex((label) => label < 0 || label >= classes!);
  if (wrong >= 0) throw malformed(`label of example ${wrong}: expected 0 to ${classes! - 1}, got ${labels[wrong]}`);
}
