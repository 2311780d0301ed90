import { CairnError } from '../../errors.ts';
import { dequantize } from '../../kernels/index.ts';
import { assertBudget, examplesBound, levels, vectorLength } from './scheme.ts';
import type { QuantizationScheme } from './scheme.ts';

/** What a round learns: weighted means over the clients in the sum, and nothing about one of them. */
export interface Aggregate {
  /** Σ wᵢ·Δᵢ / Σ wᵢ over the clipped updates; `dimension` values. */
  readonly update: Float32Array;
  /** Number of examples behind it, each client's cut to maxExamples. Whole where maxExamples ≤ L. */
  readonly examples: number;
  /** Weighted mean of the losses. */
  readonly loss: number;
  /** Weighted mean of the accuracies. */
  readonly accuracy: number;
  /** Σ wᵢ = examples / maxExamples. */
  readonly totalWeight: number;
}

/** A sum whose update has not been taken out of it. */
export interface DecodedSum extends Omit<Aggregate, 'update'> {
  /** Writes the values of the update from coordinate `from` on, as many as `into` holds. */
  readonly update: (from: number, into: Float32Array) => void;
}

/**
 * Turns the unmasked sum of `count` encoded updates into their weighted mean, whose values are taken out in parts: ten
 * million at once are long for a thread that others wait for.
 * @param sum - `dimension + 3` words mod 2^modulusBits
 * @throws CairnError `overflow-budget` for more clients than the budget holds, `data-empty` for none or no weight,
 * `update-shape` for another length; `settings-invalid` of the scheme
 */
export function openSum(scheme: QuantizationScheme, sum: Uint32Array, count: number): DecodedSum {
  assertBudget(scheme);
  const { dimension, clip, modulusBits, maxCohort, maxExamples, lossBound } = scheme;
  if (sum.length !== vectorLength(scheme)) {
    throw new CairnError('update-shape', `a sum of ${vectorLength(scheme)} words was expected, got ${sum.length}`);
  }
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new CairnError('data-empty', `a sum of at least one update was expected, but it holds ${count}`);
  }
  if (count > maxCohort) {
    throw new CairnError('overflow-budget', `the sum holds ${count} updates, but the budget is for ${maxCohort}`, {
      hint: `raise maxCohort to ${count}`,
    });
  }
  const top = levels(scheme.inputBits);
  const unused = 32 - modulusBits;
  const signed = (j: number): number => (sum[j] << unused) >> unused;

  const examples = (signed(dimension) * examplesBound(scheme)) / top;
  const totalWeight = examples / maxExamples;
  if (!(totalWeight > 0)) throw new CairnError('data-empty', 'the sum has no weight: no examples stand behind it');

  const scale = clip / (top * totalWeight);
  const update = (from: number, into: Float32Array): void =>
    dequantize(sum.subarray(from, from + into.length), into, { bits: modulusBits, scale });
  const loss = (signed(dimension + 1) * lossBound) / (top * totalWeight);
  const accuracy = signed(dimension + 2) / (top * totalWeight);
  return { update, examples, loss, accuracy, totalWeight };
}

/** {@link openSum} with the whole update. @throws CairnError as it does */
export function decodeSum(scheme: QuantizationScheme, sum: Uint32Array, count: number): Aggregate {
  const { update, ...learned } = openSum(scheme, sum, count);
  const values = new Float32Array(scheme.dimension);
  update(0, values);
  return { update: values, ...learned };
}
