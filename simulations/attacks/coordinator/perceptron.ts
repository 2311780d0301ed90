import type { App, TrainingContext, TrainingResult } from '../../../client/index.ts';
import { Random } from '../../../training/index.ts';
import { encodeUpdate, peakCoordinates } from '../../../protocol/quantize/index.ts';
import { systemRandom } from '../../../protocol/crypto/index.ts';
import { equalSums } from '../../engine/sums.ts';
import { encodeSafetensors, ParameterLayout, type Shapes } from '../../../protocol/model/index.ts';
import type { RoundSettings } from '../../../protocol/wire/index.ts';
import { seeded } from '../open-round/lab.ts';

const CLASSES = 8;
const FEATURES = 30;

/** A linear classifier of 248 parameters. */
export const SHAPES: Shapes = { bias: [CLASSES], weights: [CLASSES, FEATURES] };
/** Their layout in a flat vector. */
export const LAYOUT = new ParameterLayout(SHAPES);

/** Examples that a client has by default: with the maximum number that counts, its weight is 1. */
export const EXAMPLES = 20;

/** A model file whose parameters are all `value`. */
export function constantModel(value = 0, shapes: Shapes = SHAPES): Uint8Array {
  const tensors = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(value),
    ]),
  );
  return encodeSafetensors(tensors, shapes);
}

interface Example {
  readonly features: readonly number[];
  readonly label: number;
}

/**
 * Rosenblatt's perceptron for many classes on integer features. So its updates are integers, too, and with settings
 * whose quantization step is 1 rounding never changes them: a party that knows a client's update knows what it masks,
 * bit for bit.
 *
 * Of a task's options it reads `epochs`, `batchSize` (it learns from at most this many examples) and `shuffle` (it
 * learns from them in an order given by its seed, otherwise in their own).
 */
export class PerceptronApp implements App<readonly Example[]> {
  readonly shapes = SHAPES;
  /** Contexts of the trainings that were begun. */
  readonly contexts: TrainingContext[] = [];
  readonly #seed: string;
  readonly #examples: number;
  #last: { readonly update: Float32Array; readonly result: TrainingResult } | undefined;

  /** @param seed its data are derived from it */
  constructor(seed: string, examples: number = EXAMPLES) {
    this.#seed = seed;
    this.#examples = examples;
  }

  /** The result of its last training. */
  get lastUpdate(): Float32Array {
    if (this.#last === undefined) throw new Error('this client has not trained');
    return this.#last.update;
  }

  data(): readonly Example[] {
    const random = seeded(`${this.#seed} data`);
    return Array.from({ length: this.#examples }, () => {
      const bytes = random(FEATURES + 1);
      return { features: [...bytes.subarray(1)].map((byte) => (byte % 7) - 3), label: bytes[0]! % CLASSES };
    });
  }

  train(
    parameters: Record<string, Float32Array>,
    data: readonly Example[],
    context: TrainingContext,
  ): Promise<TrainingResult> {
    this.contexts.push(context);
    const before = LAYOUT.flatten(parameters);
    const epochs = Number(context.options['epochs'] ?? 1);
    const used = data.slice(0, Number(context.options['batchSize'] ?? data.length));
    const order = Uint32Array.from(used.keys());
    if (context.options['shuffle'] === true) new Random(context.seed).shuffle(order);
    let mistakes = 0;
    for (let epoch = 0; epoch < epochs; epoch++) for (const i of order) mistakes += learn(parameters, used[i]!);
    const result = { parameters, examples: data.length, loss: mistakes, accuracy: 0 };
    this.#last = { update: LAYOUT.flatten(parameters).map((value, i) => value - before[i]!), result };
    return Promise.resolve(result);
  }

  /**
   * The vector that this client masks in a round of these settings, from its last training, without its peaks: those
   * words cannot be known beforehand.
   * @throws Error when it depends on rounding: then it is not known
   */
  quantized(settings: RoundSettings): Uint32Array {
    if (this.#last === undefined) throw new Error('this client has not trained');
    const { update, result } = this.#last;
    const { examples, loss, accuracy } = result;
    const encode = (): Uint32Array =>
      beforePeaks(encodeUpdate(settings, { update, examples, loss, accuracy }, systemRandom).values);
    const values = encode();
    if (!equalSums(values, encode())) throw new Error('the update does not lie on the grid of these settings');
    return values;
  }
}

/** The words of a vector or a sum before its peaks. */
export const beforePeaks = (values: Uint32Array): Uint32Array => values.slice(0, values.length - peakCoordinates({}));

/** One step of the perceptron. @returns 1 for a mistake, else 0 */
function learn({ bias, weights }: Record<string, Float32Array>, { features, label }: Example): number {
  const scores = Array.from({ length: CLASSES }, (_, c) =>
    features.reduce((sum, value, j) => sum + value * weights![c * FEATURES + j]!, bias![c]!),
  );
  const guess = scores.indexOf(Math.max(...scores));
  if (guess === label) return 0;
  for (const [c, sign] of [
    [label, 1],
    [guess, -1],
  ]) {
    bias![c!]! += sign!;
    features.forEach((value, j) => (weights![c! * FEATURES + j]! += sign! * value));
  }
  return 1;
}
