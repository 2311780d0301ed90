import type { RandomSource } from '../../crypto/random.ts';
import { CairnError } from '../../errors.ts';
import { assertBudget, examplesBound, levels, vectorLength } from './scheme.ts';
import type { QuantizationScheme } from './scheme.ts';

/** What one client has to tell after training. */
export interface LocalResult {
  /** New minus old parameters, neither weighed nor clipped; `dimension` values. It is not changed. */
  readonly update: Float32Array;
  /** Number of examples trained on, from 1. */
  readonly examples: number;
  /** Mean loss over them. */
  readonly loss: number;
  /** Share of them that was classified rightly, 0 to 1. */
  readonly accuracy: number;
}

/** A quantized update, ready to be masked. */
export interface EncodedUpdate {
  /** `dimension + 3` words in two's complement mod 2^modulusBits. As secret as the update itself. */
  readonly values: Uint32Array;
  /** The factor that L2 clipping applied: 1 where the update was short enough. */
  readonly clippedBy: number;
}

/** Random words drawn at once: 64 KiB. */
const BLOCK = 16_384;

/** Uniform 32-bit words out of a byte source, drawn in blocks and read as little-endian. */
class Words {
  readonly #random: RandomSource;
  #left: number;
  #block: DataView = new DataView(new ArrayBuffer(0));
  #offset = 0;

  constructor(random: RandomSource, count: number) {
    this.#random = random;
    this.#left = count;
  }

  next(): number {
    if (this.#offset === this.#block.byteLength) {
      const bytes = this.#random(4 * Math.min(BLOCK, this.#left));
      this.#block = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#left -= bytes.byteLength / 4;
      this.#offset = 0;
    }
    const word = this.#block.getUint32(this.#offset, true);
    this.#offset += 4;
    return word;
  }
}

function notFinite(what: string): CairnError {
  return new CairnError('update-not-finite', `${what} is not a finite number`);
}

/** L2 norm in double precision. @throws CairnError `update-not-finite` naming the first coordinate at fault */
function norm(update: Float32Array): number {
  let squares = 0;
  for (const value of update) squares += value * value;
  // Squares of finite 32-bit floats cannot overflow a double, so a sum that is not finite has a culprit.
  if (!Number.isFinite(squares)) {
    throw notFinite(`coordinate ${update.findIndex((value) => !Number.isFinite(value))} of the update`);
  }
  return Math.sqrt(squares);
}

function check(scheme: QuantizationScheme, { update, examples, loss, accuracy }: LocalResult): void {
  assertBudget(scheme);
  if (update.length !== scheme.dimension) {
    throw new CairnError('update-shape', `an update of ${scheme.dimension} values was expected, got ${update.length}`);
  }
  if (!Number.isSafeInteger(examples) || examples < 1) {
    throw new CairnError('data-empty', `the number of examples must be a whole number from 1, but is ${examples}`);
  }
  if (!Number.isFinite(loss)) throw notFinite('the loss');
  if (!Number.isFinite(accuracy)) throw notFinite('the accuracy');
}

/**
 * Clips, weighs and quantizes a client's update: L2 norm down to `clip` first, then the weight
 * w = min(examples, maxExamples) / maxExamples, then each value v with |v| ≤ bound becomes stochastic-round(v · L / bound).
 * Since clipping comes before weighing, the expected sum is the weighted sum of the clipped updates, whoever is small.
 * Loss and accuracy are weighed alike, cut to [0, lossBound] and [0, 1].
 * @param random - a CSPRNG: rounding decides bits of a value that others may guess
 * @throws CairnError `update-shape`, `update-not-finite`, `data-empty`; `overflow-budget` and `settings-invalid` of the
 * scheme
 */
export function encodeUpdate(scheme: QuantizationScheme, result: LocalResult, random: RandomSource): EncodedUpdate {
  check(scheme, result);
  const { update, examples, loss, accuracy } = result;
  const { dimension, clip, maxExamples, lossBound } = scheme;
  const length = norm(update);
  const clippedBy = length > clip ? clip / length : 1;

  const counted = Math.min(examples, maxExamples);
  const weight = counted / maxExamples;
  const top = levels(scheme.inputBits);
  const words = new Words(random, vectorLength(scheme));
  const modulusMask = scheme.modulusBits === 32 ? -1 : 2 ** scheme.modulusBits - 1;

  // The next level up with the probability of the fraction, to 2^−32; a whole number stays what it is.
  const round = (scaled: number): number => {
    const inside = Math.max(-top, Math.min(top, scaled));
    const floor = Math.floor(inside);
    return (floor + (words.next() < (inside - floor) * 2 ** 32 ? 1 : 0)) & modulusMask;
  };

  const values = new Uint32Array(vectorLength(scheme));
  const step = (clippedBy * weight * top) / clip;
  for (let j = 0; j < dimension; j++) values[j] = round(update[j] * step);
  values[dimension] = round((counted * top) / examplesBound(scheme));
  values[dimension + 1] = round((weight * Math.min(Math.max(loss, 0), lossBound) * top) / lossBound);
  values[dimension + 2] = round(weight * Math.min(Math.max(accuracy, 0), 1) * top);
  return { values, clippedBy };
}
