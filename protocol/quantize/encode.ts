import type { RandomSource } from '../crypto/random.ts';
import { SIZES } from '../crypto/suite.ts';
import { CairnError } from '../errors.ts';
import { keystreamWords, quantize, quantizeFew } from '../kernels/index.ts';
import { greatest, writePeaks } from './peaks.ts';
import { assertBudget, examplesBound, levels, METRIC_COORDINATES, peaksFrom, vectorLength } from './scheme.ts';
import type { LocalResult, QuantizationScheme } from './types.ts';

/** A client's value that exceeds a bound, and the bound that it counts as. */
export interface Cut {
  readonly what: 'examples' | 'loss' | 'untrained';
  /** For an untrained tensor, its largest absolute value. */
  readonly value: number;
  readonly bound: number;
}

/** A quantized update, ready to be masked. */
export interface EncodedUpdate {
  /** Words in two's complement mod 2^modulusBits, as many as `vectorLength` says. As secret as the update itself. */
  readonly values: Uint32Array;
  /** The factor that L2 clipping applied: 1 if the update was short enough. */
  readonly clippedBy: number;
  /** Other values that were capped; empty if none were. */
  readonly cut: readonly Cut[];
}

/** ChaCha rounds of the stream that rounding draws from; no other client needs to know it. */
const ROUNDING_ROUNDS = 12;

function notFinite(what: string): CairnError {
  return new CairnError('update-not-finite', `${what} is not a finite number`);
}

/** L2 norm in double precision. @throws CairnError `update-not-finite` naming the first invalid coordinate */
function norm(update: Float32Array): number {
  let squares = 0;
  for (const value of update) squares += value * value;
  // Squares of finite 32-bit floats cannot overflow a double, so a non-finite sum has a culprit.
  if (!Number.isFinite(squares)) {
    throw notFinite(`coordinate ${update.findIndex((value) => !Number.isFinite(value))} of the update`);
  }
  return Math.sqrt(squares);
}

/** @returns the norm of the whole update */
function check(scheme: QuantizationScheme, { update, examples, loss, accuracy }: LocalResult): number {
  assertBudget(scheme);
  if (update.length !== scheme.dimension) {
    throw new CairnError('update-shape', `an update of ${scheme.dimension} values was expected, got ${update.length}`);
  }
  if (!Number.isSafeInteger(examples) || examples < 1) {
    throw new CairnError('data-empty', `the number of examples must be an integer from 1, but is ${examples}`);
  }
  if (!Number.isFinite(loss)) throw notFinite('the loss');
  if (!Number.isFinite(accuracy)) throw notFinite('the accuracy');
  return norm(update);
}

const within = (value: number, bound: number): number => Math.min(Math.max(value, -bound), bound);

/** The values of a result that are capped. */
function cutsOf(
  { maxExamples, lossBound, untrained = [] }: QuantizationScheme,
  { update, examples, loss }: LocalResult,
): Cut[] {
  const cuts: Cut[] = [];
  if (examples > maxExamples) cuts.push({ what: 'examples', value: examples, bound: maxExamples });
  if (Math.abs(loss) > lossBound) cuts.push({ what: 'loss', value: loss, bound: lossBound });
  for (const { from, length, bound } of untrained) {
    const value = greatest(update.subarray(from, from + length));
    if (value > bound) cuts.push({ what: 'untrained', value, bound });
  }
  return cuts;
}

/** The update with zeros in the untrained ranges, which are outside the clip; the update itself if there are none. */
export function trainedPart(
  { untrained = [] }: Pick<QuantizationScheme, 'untrained'>,
  update: Float32Array,
): Float32Array {
  if (untrained.length === 0) return update;
  const trained = update.slice();
  for (const { from, length } of untrained) trained.fill(0, from, from + length);
  return trained;
}

/**
 * Clips, weights and quantizes a client's update: the L2 norm of its trained part down to `clip`, each untrained range
 * as a whole until its largest value is within its bound; then the weight w = min(examples, maxExamples) / maxExamples;
 * then each value v with
 * |v| ≤ bound becomes stochastic-round(v · L / bound). Since clipping comes before weighting, the expected sum is the
 * weighted sum of the clipped updates, whichever clients are small. Loss and accuracy are weighted alike, capped to
 * ±lossBound and [0, 1]. Whether the update was clipped, and whether anything else was capped, count 1 each, whatever
 * the weight; the peaks follow (see peaks.ts), and are the only content if the scheme only measures.
 *
 * Coordinate j uses word j of the ChaCha stream of a fresh 32-byte seed for its rounding, or as its random word; the
 * seed is wiped afterwards.
 * @param random - a CSPRNG, called once for 32 bytes: rounding decides bits of a value that others could otherwise
 *   guess
 * @throws CairnError `update-shape`, `update-not-finite`, `data-empty`; `overflow-budget` and `settings-invalid` for
 * the scheme
 */
export function encodeUpdate(scheme: QuantizationScheme, result: LocalResult, random: RandomSource): EncodedUpdate {
  const whole = check(scheme, result);
  const values = new Uint32Array(vectorLength(scheme));
  const key = random(SIZES.key);
  try {
    const first = peaksFrom(scheme);
    const words = keystreamWords(key, ROUNDING_ROUNDS, first, values.length - first);
    writePeaks(scheme, result, words, values.subarray(first));
    words.fill(0);
    if (scheme.measures === true) return { values, clippedBy: 1, cut: [] };
    const cut = cutsOf(scheme, result);
    return { values, clippedBy: writeResult(scheme, result, { key, whole, isCut: cut.length > 0 }, values), cut };
  } finally {
    key.fill(0);
  }
}

/** Writes the model's coordinates and the metrics. @returns the clipping factor */
function writeResult(
  scheme: QuantizationScheme,
  { update, examples, loss, accuracy }: LocalResult,
  { key, whole, isCut }: { readonly key: Uint8Array; readonly whole: number; readonly isCut: boolean },
  into: Uint32Array,
): number {
  const { dimension, clip, inputBits, modulusBits, maxExamples, lossBound, untrained = [] } = scheme;
  const trained = trainedPart(scheme, update);
  const length = trained === update ? whole : norm(trained);
  const clippedBy = length > clip ? clip / length : 1;
  const counted = Math.min(examples, maxExamples);
  const weight = counted / maxExamples;
  const top = levels(inputBits);
  // An all-zero update has no scale: under the smallest clip its quotient would overflow.
  const scale = length === 0 ? 0 : (clippedBy * weight * top) / clip;
  const rounding = { levels: top, bits: modulusBits, key, rounds: ROUNDING_ROUNDS } as const;
  quantize(trained, into.subarray(0, dimension), { ...rounding, scale });
  for (const { from, length: size, bound } of untrained) {
    const own = update.subarray(from, from + size);
    // Capped one by one, values far beyond the bound would become plus or minus the weight, and the sum would reveal
    // their signs.
    const unit = Math.max(bound, greatest(own));
    const scaled = Array.from(own, (value) => (value / unit) * weight * top);
    quantizeFew(scaled, into.subarray(from, from + size), rounding, from);
    scaled.fill(0);
  }
  const metrics = [
    (counted * top) / examplesBound(scheme),
    (weight * within(loss, lossBound) * top) / lossBound,
    weight * Math.min(Math.max(accuracy, 0), 1) * top,
    clippedBy < 1 ? 1 : 0,
    isCut ? 1 : 0,
  ];
  quantizeFew(metrics, into.subarray(dimension, dimension + METRIC_COORDINATES), rounding, dimension);
  if (trained !== update) trained.fill(0);
  return clippedBy;
}
