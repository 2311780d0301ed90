import { log } from '../../../protocol/numeric.ts';
import {
  adam,
  type AdamSettings,
  gradients,
  type Model,
  operations,
  type Optimiser,
  type Random,
  sgd,
  type Tape,
  type Tensor,
  trainable,
  type Trainable,
} from '../../../training/index.ts';
import { BLACK, LATENT } from './networks.ts';

/** Adam's state between two rounds. */
export interface AdamMemory {
  /** Steps done. */
  readonly steps: number;
  /**
   * The decaying means of g, then those of g², each in the order in which tensors are updated; empty before the first
   * step.
   */
  readonly moments: Float32Array;
}

/** Adam's state before the first step. */
export const NO_MEMORY: AdamMemory = { steps: 0, moments: new Float32Array(0) };

interface Place {
  readonly slots: readonly number[];
  readonly size: number;
}

/**
 * An Adam that continues from its state when an earlier tape was released. It serves one model on one tape.
 * @returns the optimiser, and a way to read its state before the tape is released
 */
export function lastingAdam(
  tape: Tape,
  settings: AdamSettings,
  { steps, moments }: AdamMemory,
): { readonly optimiser: Optimiser; readonly memory: () => AdamMemory } {
  const inner = adam(settings);
  const places: Place[] = [];
  let done = 0;
  const half = moments.length / 2;
  return {
    optimiser: {
      slots: inner.slots,
      update(kernels, operands, step) {
        const { slots, size } = operands;
        if (step === 1) {
          const from = places.reduce((sum, place) => sum + place.size, 0);
          if (half > 0)
            for (const [k, slot] of slots.entries())
              tape.heap.reals.set(moments.subarray(k * half + from, k * half + from + size), slot);
          places.push({ slots, size });
        }
        done = step;
        inner.update(kernels, operands, steps + step);
      },
    },
    memory: () => {
      const total = places.reduce((sum, { size }) => sum + size, 0);
      const kept = new Float32Array(2 * total);
      for (const k of [0, 1]) {
        let at = k * total;
        for (const { slots, size } of places) {
          kept.set(tape.heap.reals.subarray(slots[k], slots[k]! + size), at);
          at += size;
        }
      }
      return { steps: steps + done, moments: kept };
    },
  };
}

const { add, abs, conv2d, log: logarithm, mean, oneHot, scale, softmaxCrossEntropy, square, sub } = operations;

/** A model and its parameters. */
interface Network {
  readonly model: Model;
  readonly parameters: Float32Array;
}

/** How the adversary trains its generator in a round. */
interface GeneratorTraining {
  /** The class as which the samples should be classified. */
  readonly target: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

// The adversary's discriminator is a copy of the shared model, which learns from few samples per round. The measures
// that keep the generator away from noise that such a classifier mistakes for a digit need nothing from the victim:
// samples are shifted and blurred with noise before they are judged, and neighbouring pixels should be alike.
const SHIFT = 2;
const NOISE = 0.3;
const SMOOTHNESS = 0.4;
// Against mode collapse: a reward for the logarithm of the batch's variance.
const DIVERSITY = 0.1;

/** Normal deviates by Marsaglia's polar method, using operations that every engine rounds alike. */
export function normals(count: number, random: Random): Float32Array {
  const values = new Float32Array(count + 1);
  for (let i = 0; i < count;) {
    const u = 2 * random.uniform() - 1;
    const v = 2 * random.uniform() - 1;
    const s = u * u + v * v;
    if (s === 0 || s >= 1) continue;
    const factor = Math.sqrt((-2 * log(s)) / s);
    values[i++] = u * factor;
    values[i++] = v * factor;
  }
  return values.subarray(0, count);
}

function latent(tape: Tape, count: number, random: Random): Tensor {
  return tape.tensor([count, LATENT], normals(count * LATENT, random));
}

/**
 * Images shifted by the same number of whole pixels, black at the margin: a convolution whose window contains a single
 * 1.
 */
function shifted(images: Tensor, dy: number, dx: number): Tensor {
  const { tape } = images;
  const size = 2 * SHIFT + 1;
  const window = new Float32Array(size * size);
  window[(SHIFT + dy) * size + SHIFT + dx] = 1;
  const black = tape.full([], BLACK);
  const moved = conv2d(sub(images, black), tape.tensor([1, 1, size, size], window), null, { padding: SHIFT });
  return add(moved, black);
}

/** The mean absolute difference between a pixel and its right and lower neighbours. */
function roughness(images: Tensor): Tensor {
  return mean(abs(conv2d(images, images.tape.tensor([2, 1, 2, 2], [1, -1, 0, 0, 1, 0, -1, 0]))));
}

/** Half the logarithm of a pixel's mean variance over the batch. */
function diversity(images: Tensor): Tensor {
  const variance = mean(square(sub(images, mean(images, [0], true))));
  return scale(logarithm(add(variance, images.tape.full([], 1e-3))), 0.5);
}

function loss(
  images: Tensor,
  discriminator: Trainable,
  target: number,
  random: Random,
): { readonly taken: Tensor; readonly all: Tensor } {
  const { tape } = images;
  const dy = random.below(2 * SHIFT + 1) - SHIFT;
  const dx = random.below(2 * SHIFT + 1) - SHIFT;
  const noise = normals(images.size, random).map((value) => NOISE * value);
  const seen = add(shifted(images, dy, dx), tape.tensor(images.shape, noise));
  const logits = discriminator.forward(seen);
  const labels = new Uint8Array(images.shape[0]!).fill(target);
  const taken = softmaxCrossEntropy(logits, oneHot(tape, labels, logits.shape[1]!));
  const terms = sub(scale(roughness(images), SMOOTHNESS), scale(diversity(images), DIVERSITY));
  return { taken, all: add(taken, terms) };
}

/**
 * Trains a generator so that a fixed discriminator classifies its samples as the target (Hitaj et al. 2017, section 4).
 * It releases what it puts on the tape.
 * @returns the generator after the steps, and the mean of −ln p(target) over them
 */
export function trainGenerator(
  tape: Tape,
  generator: Network & { readonly memory: AdamMemory },
  discriminator: Network,
  { target, steps, batchSize, learningRate }: GeneratorTraining,
  random: Random,
): { readonly parameters: Float32Array; readonly memory: AdamMemory; readonly loss: number } {
  const start = tape.mark();
  const fixed = trainable(tape, discriminator.model, discriminator.parameters, sgd({ learningRate: 0 }));
  const { optimiser, memory } = lastingAdam(tape, { learningRate, beta1: 0.5 }, generator.memory);
  const trained = trainable(tape, generator.model, generator.parameters, optimiser);
  const ready = tape.mark();
  let sum = 0;
  for (let step = 0; step < steps; step++) {
    const images = trained.forward(latent(tape, batchSize, random), { training: true });
    const { taken, all } = loss(images, fixed, target, random);
    sum += taken.item();
    trained.update(gradients(all, trained.sources));
    tape.release(ready);
  }
  const trainedNow = { parameters: trained.values(), memory: memory(), loss: sum / steps };
  tape.release(start);
  return trainedNow;
}

/**
 * Concatenated samples of a generator, each SIDE² values from black to white; each depends only on its own numbers,
 * since batch normalisation uses its running moments.
 */
export function generate(tape: Tape, { model, parameters }: Network, count: number, random: Random): Float32Array {
  const start = tape.mark();
  const { named } = tape.parameters(model.layout, parameters);
  const samples = model.forward(named, latent(tape, count, random)).values();
  tape.release(start);
  return samples;
}
