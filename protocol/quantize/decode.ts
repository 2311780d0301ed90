import { CairnError } from '../errors.ts';
import { dequantize } from '../kernels/index.ts';
import { type Peaks, readPeaks } from './peaks.ts';
import { assertBudget, examplesBound, levels, METRIC_COORDINATES, peaksFrom, vectorLength } from './scheme.ts';
import type { QuantizationScheme } from './types.ts';

/** What a sum says about its members' values and the round's bounds, unweighted. */
export interface Bounded {
  /** Members whose update was longer than the clip. */
  readonly clipped: number;
  /** Members whose number of examples, loss or untrained tensors exceeded a bound. */
  readonly cut: number;
  readonly peaks: Peaks;
}

/** What a round learns: weighted means over the clients in the sum, and nothing about any single one. */
export interface Aggregate {
  /** Σ wᵢ·Δᵢ / Σ wᵢ over the clipped updates; `dimension` values. */
  readonly update: Float32Array;
  /** Number of examples in it, each client's capped at maxExamples. An integer if maxExamples ≤ L. */
  readonly examples: number;
  /** Weighted mean of the losses. */
  readonly loss: number;
  /** Weighted mean of the accuracies. */
  readonly accuracy: number;
  /** Σ wᵢ = examples / maxExamples. */
  readonly totalWeight: number;
}

/** A sum whose update has not been extracted. */
export interface DecodedSum extends Omit<Aggregate, 'update'> {
  /** Absent if the sum does not tell: when it has noise, or combines several groups. */
  readonly bounded?: Bounded;
  /** Writes the update's values from coordinate `from` on, as many as fit `into`. */
  readonly update: (from: number, into: Float32Array) => void;
}

/** @throws CairnError as {@link openSum} does, except for a sum without weight */
function checkSum(scheme: QuantizationScheme, sum: Uint32Array, count: number): void {
  const { maxCohort } = scheme;
  assertBudget(scheme);
  if (sum.length !== vectorLength(scheme)) {
    throw new CairnError('update-shape', `a sum of ${vectorLength(scheme)} words was expected, got ${sum.length}`);
  }
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new CairnError('data-empty', `a sum of at least one update was expected, but it holds ${count}`);
  }
  if (count > maxCohort) {
    throw new CairnError('overflow-budget', `the sum holds ${count} updates, but the budget is for ${maxCohort}`, {
      hint: `size the sums for a cohort of ${count}`,
    });
  }
}

/**
 * Reads the peaks of a sum: the only content of one that only measures.
 * @param sum - as many words as `vectorLength` says, mod 2^modulusBits
 * @throws CairnError as {@link openSum} does, except for a sum without weight
 */
export function openPeaks(scheme: QuantizationScheme, sum: Uint32Array, count: number): Peaks {
  checkSum(scheme, sum, count);
  return readPeaks(scheme, sum.subarray(peaksFrom(scheme)));
}

/**
 * Turns the unmasked sum of `count` encoded updates into their weighted mean, whose values are extracted in parts: ten
 * million at once would block a shared thread for too long.
 * @param sum - as many words as `vectorLength` says, mod 2^modulusBits
 * @throws CairnError `overflow-budget` for more clients than the budget allows, `data-empty` for no clients or no
 * weight, `update-shape` for a wrong length; `settings-invalid` for the scheme
 */
export function openSum(scheme: QuantizationScheme, sum: Uint32Array, count: number): DecodedSum {
  const peaks = openPeaks(scheme, sum, count);
  const { dimension, clip, modulusBits, maxExamples, lossBound, untrained = [] } = scheme;
  const top = levels(scheme.inputBits);
  const unused = 32 - modulusBits;
  const [counted, losses, accuracies, clipped, cut] = Array.from(
    sum.subarray(dimension, dimension + METRIC_COORDINATES),
    (word) => (word << unused) >> unused,
  ) as [number, number, number, number, number];
  const examples = (counted * examplesBound(scheme)) / top;
  const totalWeight = examples / maxExamples;
  if (!(totalWeight > 0)) throw new CairnError('data-empty', 'the sum has no weight: it covers no examples');

  const whole = top * totalWeight;
  const update = (from: number, into: Float32Array): void => {
    const take = (at: number, end: number, bound: number): void =>
      dequantize(sum.subarray(at, end), into.subarray(at - from, end - from), {
        bits: modulusBits,
        scale: bound / whole,
      });
    const to = from + into.length;
    take(from, to, clip);
    for (const { from: begin, length, bound } of untrained) {
      const [at, end] = [Math.max(from, begin), Math.min(to, begin + length)];
      if (at < end) take(at, end, bound);
    }
  };
  const [loss, accuracy] = [(losses * lossBound) / whole, accuracies / whole];
  return { update, examples, loss, accuracy, totalWeight, bounded: { clipped, cut, peaks } };
}

/** {@link openSum} with the whole update. @throws CairnError likewise */
export function decodeSum(scheme: QuantizationScheme, sum: Uint32Array, count: number): Aggregate {
  const { update, examples, loss, accuracy, totalWeight } = openSum(scheme, sum, count);
  const values = new Float32Array(scheme.dimension);
  update(0, values);
  return { update: values, examples, loss, accuracy, totalWeight };
}
