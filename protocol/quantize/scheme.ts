import { CairnError } from '../errors.ts';
import { LIMITS } from '../wire/limits.ts';
import { peakCoordinates } from './peaks.ts';
import type { QuantizationScheme, VectorShape } from './types.ts';

/**
 * Coordinates after the model's: examples, loss, accuracy, members whose update was clipped, and members with any other
 * value capped.
 */
export const METRIC_COORDINATES = 5;

/** Number of words of a masked vector: the model's coordinates, the metrics and the peaks. */
export const vectorLength = (shape: VectorShape): number => peaksFrom(shape) + peakCoordinates(shape);

/** The first coordinate of the peaks: after the metrics, or the very first if there are only peaks. */
export const peaksFrom = ({ dimension, measures = false }: VectorShape): number =>
  measures ? 0 : dimension + METRIC_COORDINATES;

/** L = 2^(inputBits − 1) − 1: quantized values are integers in [−L, L]. */
export function levels(inputBits: number): number {
  return 2 ** (inputBits - 1) - 1;
}

/** The value encoded as L in the examples coordinate: its step is at most 1, so that counts up to L are exact. */
export function examplesBound(scheme: QuantizationScheme): number {
  return Math.max(scheme.maxExamples, levels(scheme.inputBits));
}

function checkWhole(name: string, value: number, least: number, greatest: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > greatest) {
    throw new CairnError(
      'settings-invalid',
      `${name} must be an integer from ${least} to ${greatest}, but is ${value}`,
    );
  }
}

/** Maximum clients and examples of a scheme; keeps every product below 2^53. */
const MAX_COHORT = 2 ** 21;
const MAX_COUNT = 2 ** 31;

/** Number of different sums of `maxCohort` values in [−L, L]. */
function distinctSums(inputBits: number, maxCohort: number): number {
  return maxCohort * 2 * levels(inputBits) + 1;
}

/** Smallest b for which 2^b reaches a number of sums; exact, since all are below 2^53. */
function bitsFor(sums: number): number {
  let bits = 8;
  while (2 ** bits < sums) bits++;
  return bits;
}

function largestCohort(inputBits: number, modulusBits: number): number {
  return Math.floor((2 ** modulusBits - 1) / (2 * levels(inputBits)));
}

/**
 * Smallest modulusBits from 8 to 32 in which a sum of `maxCohort` values of `inputBits` is unambiguous.
 * @throws CairnError `overflow-budget` if 32 bits do not suffice; `settings-invalid` for arguments out of range
 */
export function minModulusBits(inputBits: number, maxCohort: number): number {
  checkWhole('inputBits', inputBits, 2, 31);
  checkWhole('maxCohort', maxCohort, 1, MAX_COHORT);
  const bits = bitsFor(distinctSums(inputBits, maxCohort));
  if (bits > 32) throw overBudget(inputBits, maxCohort, 32);
  return bits;
}

function overBudget(inputBits: number, maxCohort: number, modulusBits: number): CairnError {
  const least = bitsFor(distinctSums(inputBits, maxCohort));
  const fitting = largestCohort(inputBits, modulusBits);
  const ways = [
    ...(least <= 32 ? [`raise modulusBits to ${least}`] : []),
    ...(fitting >= 1 ? [`lower the cohort to ${fitting}`] : []),
    'lower inputBits',
  ];
  return new CairnError(
    'overflow-budget',
    `${maxCohort} values of ${inputBits} bits have ${distinctSums(inputBits, maxCohort)} different sums, but 2^${modulusBits} holds ${2 ** modulusBits}`,
    { hint: ways.join(', or ') },
  );
}

/**
 * Refuses a scheme whose largest sum would wrap around: maxCohort · 2L + 1 ≤ 2^modulusBits must hold (Bonawitz et al.
 * 2017: R ≥ n(R_U − 1) + 1).
 * @throws CairnError `overflow-budget` with the numbers and the values that fit; `settings-invalid` for a field out of
 *   range
 */
export function assertBudget(scheme: QuantizationScheme): void {
  const { dimension, inputBits, modulusBits, maxCohort, maxExamples } = scheme;
  checkWhole('dimension', dimension, 1, LIMITS.coordinates - METRIC_COORDINATES - peakCoordinates(scheme));
  checkWhole('inputBits', inputBits, 2, 31);
  checkWhole('modulusBits', modulusBits, 8, 32);
  checkWhole('maxCohort', maxCohort, 1, MAX_COHORT);
  checkWhole('maxExamples', maxExamples, 1, MAX_COUNT);
  for (const name of ['clip', 'lossBound'] as const) {
    const bound = scheme[name];
    if (!(bound > 0 && Number.isFinite(bound))) {
      throw new CairnError('settings-invalid', `${name} must be finite and above 0, but is ${bound}`);
    }
  }
  checkRanges(scheme);
  if (distinctSums(inputBits, maxCohort) > 2 ** modulusBits) throw overBudget(inputBits, maxCohort, modulusBits);
}

/** Ranges are ascending, disjoint, within the model, and have a bound. */
function checkRanges({ dimension, untrained = [] }: QuantizationScheme): void {
  let end = 0;
  for (const { from, length, bound } of untrained) {
    checkWhole('untrained.from', from, end, dimension - 1);
    checkWhole('untrained.length', length, 1, dimension - from);
    if (!(bound > 0 && Number.isFinite(bound))) {
      throw new CairnError('settings-invalid', `untrained.bound must be finite and above 0, but is ${bound}`);
    }
    end = from + length;
  }
}
