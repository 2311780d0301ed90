import { gradients, operations, type Random, sgd, type Tape, trainable } from '../../../training/index.ts';
import type { Examples, Model } from '../../../training/index.ts';
import { inputBatch } from '../../../training/run/batch.ts';

/** How a participant trains in a round: plain SGD, as in the paper. */
export interface LocalTraining {
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/** Draws `count` of the places 0 … size − 1, none twice until all have been drawn. */
function draw(count: number, size: number, random: Random): Uint32Array {
  const drawn = new Uint32Array(count);
  let order: Uint32Array = new Uint32Array(0);
  for (let i = 0; i < count; i++) {
    if (i % size === 0) order = random.shuffle(Uint32Array.from({ length: size }, (_, k) => k));
    drawn[i] = order[i % size]!;
  }
  return drawn;
}

/**
 * The change of the global parameters that a participant's steps on its own examples make. What it puts on the tape is
 * released.
 * @param data - one example at least
 */
export function localChange(
  tape: Tape,
  model: Model,
  global: Float32Array,
  data: Examples,
  { steps, batchSize, learningRate }: LocalTraining,
  random: Random,
): Float32Array {
  const start = tape.mark();
  const local = trainable(tape, model, global, sgd({ learningRate }));
  const order = draw(steps * batchSize, data.examples, random);
  const ready = tape.mark();
  for (let step = 0; step < steps; step++) {
    const indices = order.subarray(step * batchSize, (step + 1) * batchSize);
    const logits = local.forward(inputBatch(tape, model, data.inputs, indices), { training: true });
    const labels = Array.from(indices, (example) => data.labels[example]!);
    const loss = operations.softmaxCrossEntropy(logits, operations.oneHot(tape, labels, logits.shape[1]!));
    local.update(gradients(loss, local.sources));
    tape.release(ready);
  }
  const change = local.values();
  for (let i = 0; i < change.length; i++) change[i]! -= global[i]!;
  tape.release(start);
  return change;
}
