import { CairnError } from '../../protocol/errors.ts';
import * as numeric from '../../protocol/numeric.ts';
import { sameShape, shapeError } from '../tape/shape.ts';
import type { Tape, Tensor } from '../tape/tape.ts';
import { mul, neg, scale, sub, sum } from './arithmetic.ts';
import { sigmoid } from './pointwise.ts';
import { logSoftmax, softmax } from './softmax.ts';

/**
 * Labels as rows of zeros with a one at the label's place: a constant of shape labels × classes.
 * @throws CairnError `data-malformed` for a label that is not a class
 */
export function oneHot(tape: Tape, labels: ArrayLike<number>, classes: number): Tensor {
  const out = tape.full([labels.length, classes], 0);
  const heap = tape.heap.reals;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new CairnError('data-malformed', `label of example ${i}: expected 0 to ${classes - 1}, got ${label}`);
    heap[out.at + i * classes + label] = 1;
  }
  return out;
}

function checkTargets(operation: string, logits: Tensor, targets: Tensor): void {
  if (!sameShape(logits.shape, targets.shape))
    throw shapeError(operation, 'logits and targets of one shape', logits.shape, targets.shape);
}

/**
 * Softmax cross-entropy: the mean over the batch of −Σ target · ln softmax(logits), in nats, as a scalar. Both are
 * batch × classes, and both may be differentiated. Targets are one-hot ({@link oneHot}) or any weights.
 * @throws CairnError `tensor-shape` if the shapes differ or are not matrices
 */
export function softmaxCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  checkTargets('softmaxCrossEntropy', logits, targets);
  if (logits.shape.length !== 2) throw shapeError('softmaxCrossEntropy', 'a matrix', logits.shape);
  const { tape } = logits;
  const [rows, classes] = logits.shape;
  const out = tape.record(
    [],
    [logits, targets],
    [
      (g) => mul(sub(mul(softmax(logits), sum(targets, [-1], true)), targets), scale(g, 1 / rows!)),
      (g) => mul(logSoftmax(logits), scale(g, -1 / rows!)),
    ],
  );
  const heap = tape.heap.reals;
  let loss = 0;
  for (let row = 0; row < rows!; row++) {
    const x = logits.at + row * classes!;
    const t = targets.at + row * classes!;
    let greatest = heap[x]!;
    for (let j = 1; j < classes!; j++) if (heap[x + j]! > greatest) greatest = heap[x + j]!;
    let total = 0;
    for (let j = 0; j < classes!; j++) total += numeric.exp(heap[x + j]! - greatest);
    const level = greatest + numeric.log(total);
    for (let j = 0; j < classes!; j++) if (heap[t + j] !== 0) loss += heap[t + j]! * (level - heap[x + j]!);
  }
  heap[out.at] = loss / rows!;
  return out;
}

/**
 * Binary cross-entropy from logits: the mean over all elements of softplus(x) − x · target, in nats, as a scalar.
 * Targets are from 0 to 1, of the logits' shape; both may be differentiated.
 * @throws CairnError `tensor-shape` if the shapes differ
 */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  checkTargets('binaryCrossEntropy', logits, targets);
  const { tape, size } = logits;
  const out = tape.record(
    [],
    [logits, targets],
    [(g) => mul(sub(sigmoid(logits), targets), scale(g, 1 / size)), (g) => mul(neg(logits), scale(g, 1 / size))],
  );
  const heap = tape.heap.reals;
  let loss = 0;
  for (let i = 0; i < size; i++) {
    const x = heap[logits.at + i]!;
    loss += numeric.softplus(x) - x * heap[targets.at + i]!;
  }
  heap[out.at] = loss / size;
  return out;
}
