import type { RandomSource } from '../../crypto/random.ts';
import { SIZES } from '../../crypto/suite.ts';
import { CairnError } from '../../errors.ts';
import { quantize, quantizeFew } from '../../kernels/index.ts';
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

/** Rounds of the stream that rounding draws from; no other client needs to know it. */
const ROUNDING_ROUNDS = 12;

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
 *
 * The rounding of coordinate j takes word j of the ChaCha stream of a fresh 32-byte seed, which is wiped afterwards.
 * @param random - a CSPRNG, asked once for 32 bytes: rounding decides bits of a value that others may guess
 * @throws CairnError `update-shape`, `update-not-finite`, `data-empty`; `overflow-budget` and `settings-invalid` of the
 * scheme
 */
export function encodeUpdate(scheme: QuantizationScheme, result: LocalResult, random: RandomSource): EncodedUpdate {
  check(scheme, result);
  const { update, examples, loss, accuracy } = result;
  const { dimension, clip, inputBits, modulusBits, maxExamples, lossBound } = scheme;
  const length = norm(update);
  const clippedBy = length > clip ? clip / length : 1;

  const counted = Math.min(examples, maxExamples);
  const weight = counted / maxExamples;
  const top = levels(inputBits);
  // An update of zeros has no scale: under the smallest of clips its quotient would overflow.
  const scale = length === 0 ? 0 : (clippedBy * weight * top) / clip;
  const metrics = [
    (counted * top) / examplesBound(scheme),
    (weight * Math.min(Math.max(loss, 0), lossBound) * top) / lossBound,
    weight * Math.min(Math.max(accuracy, 0), 1) * top,
  ];

  const values = new Uint32Array(vectorLength(scheme));
  const key = random(SIZES.key);
  try {
    const rounding = { levels: top, bits: modulusBits, key, rounds: ROUNDING_ROUNDS } as const;
    quantize(update, values.subarray(0, dimension), { ...rounding, scale });
    quantizeFew(metrics, values.subarray(dimension), rounding, dimension);
  } finally {
    key.fill(0);
  }
  return { values, clippedBy };
}
