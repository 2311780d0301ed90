import { subset } from '../../../training/data/index.ts';
import { adam, evaluate, gradients, operations, predict, Random, Tape, trainable } from '../../../training/index.ts';
import { inputBatch } from '../../../training/internal.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import type { Images } from './data.ts';
import { normals } from './generator.ts';
import { classifierModel, largestOfRows } from './networks.ts';

const BATCH = 32;
const RATE = 2e-3;
// Generators leave noise around the digits, and a judge that has never seen noise finds digits in it.
const NOISE = 0.4;

/** How the classifier is trained. */
interface ClassifierInput {
  readonly images: Images;
  /** Images to learn from, among those that no participant has. */
  readonly count: number;
  readonly epochs: number;
  /** Test images to evaluate it on. */
  readonly tests: number;
  readonly seed: number;
}

/** The judge of samples. */
export interface Classifier {
  readonly parameters: Float32Array;
  /** Share of the test images that it gets right. */
  readonly accuracy: number;
}

/**
 * Trains a classifier on images that no participant has, with noise of random strength, by Adam with a decreasing rate.
 */
export const trainClassifier = defineWorkerTask(
  import.meta.url,
  'trainClassifier',
  async ({ images, count, epochs, tests, seed }: ClassifierInput, signal): Promise<Classifier> => {
    const model = classifierModel();
    const { train, test } = images;
    const order = Uint32Array.from({ length: count }, (_, i) => images.federated + i);
    let parameters = model.initialise(new Random(seed, 'classifier').next());
    const tape = new Tape();
    for (let epoch = 0; epoch < epochs; epoch++) {
      signal.throwIfAborted();
      const random = new Random(seed, `classifier epoch ${epoch}`);
      random.shuffle(order);
      const begin = tape.mark();
      const trained = trainable(tape, model, parameters, adam({ learningRate: RATE * (1 - epoch / epochs) }));
      const ready = tape.mark();
      for (let from = 0; from < order.length; from += BATCH) {
        const indices = order.subarray(from, from + BATCH);
        const clean = inputBatch(tape, model, train.inputs, indices);
        const strength = NOISE * random.uniform();
        const noise = tape.tensor(clean.shape, normals(clean.size, random));
        const logits = trained.forward(operations.add(clean, operations.scale(noise, strength)), { training: true });
        const labels = Array.from(indices, (place) => train.labels[place]!);
        const loss = operations.softmaxCrossEntropy(logits, operations.oneHot(tape, labels, 10));
        trained.update(gradients(loss, trained.sources));
        tape.release(ready);
      }
      parameters = trained.values();
      tape.release(begin);
    }
    const { accuracy } = await evaluate(
      model,
      parameters,
      subset(
        test,
        Uint32Array.from({ length: tests }, (_, i) => i),
      ),
    );
    return { parameters, accuracy };
  },
);

/** The classifier's verdict on samples. */
interface Verdict {
  /** Share that it classifies as the target: no class is more probable. */
  readonly share: number;
  /** Mean probability that it gives the target. */
  readonly confidence: number;
}

/** @param samples - concatenated, each as long as the classifier's input; at least one */
export async function judge({ parameters }: Classifier, samples: Float32Array, target: number): Promise<Verdict> {
  const model = classifierModel();
  const count = samples.length / model.inputSize;
  const probabilities = await predict(model, parameters, samples, count);
  const labels = largestOfRows(probabilities, 10);
  let confidence = 0;
  for (let i = 0; i < count; i++) confidence += probabilities[i * 10 + target]! / count;
  return { share: labels.filter((label) => label === target).length / count, confidence };
}
