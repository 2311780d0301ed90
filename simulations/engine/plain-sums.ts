import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { Aggregate, LocalResult } from '../../protocol/quantize/index.ts';
import { inputLength } from '../../protocol/rounds/index.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';

/** The plain sum of some members' inputs modulo 2^modulusBits: what a committed round must equal, bit for bit. */
export function plainSum(
  settings: RoundSettings,
  members: readonly MemberId[],
  inputOf: (member: MemberId) => Uint32Array,
): Uint32Array {
  const sum = new Uint32Array(inputLength(settings));
  for (const member of members) {
    const input = inputOf(member);
    for (let i = 0; i < sum.length; i++) sum[i]! += input[i]!;
  }
  const mask = settings.modulusBits === 32 ? 0xffff_ffff : 2 ** settings.modulusBits - 1;
  return sum.map((value) => value & mask);
}

/** Whether two sums are the same, bit for bit. */
export function equalSums(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** What the plain mean needs to know. */
export interface PlainOptions {
  readonly dimension: number;
  readonly clip: number;
  readonly maxExamples: number;
}

/** The L2 norm. */
export function norm(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((squares, value) => squares + value * value, 0));
}

/**
 * The weighted mean of clipped updates as a coordinator without secure aggregation computes it: the mean of a secure
 * round, except for quantization.
 * @throws CairnError `update-shape`, `update-not-finite`, `data-empty`
 */
export function plainAggregate(
  { dimension, clip, maxExamples }: PlainOptions,
  results: ReadonlyMap<MemberId, LocalResult>,
): { readonly aggregate: Aggregate; readonly included: readonly MemberId[]; readonly clipped: number } {
  if (results.size === 0) throw new CairnError('data-empty', 'expected a sum of at least one update');
  const included = [...results.keys()].sort((a, b) => a - b);
  const total = new Float64Array(dimension);
  let clipped = 0;
  let totalWeight = 0;
  let loss = 0;
  let accuracy = 0;
  for (const member of included) {
    const result = results.get(member)!;
    const { update } = result;
    if (update.length !== dimension)
      throw new CairnError('update-shape', `expected an update of ${dimension} values, got ${update.length}`);
    const length = norm(update);
    if (!Number.isFinite(length))
      throw new CairnError('update-not-finite', `the update of member ${member} is not finite`);
    if (length > clip) clipped++;
    const weight = Math.min(result.examples, maxExamples) / maxExamples;
    const factor = weight * (length > clip ? clip / length : 1);
    for (let j = 0; j < dimension; j++) total[j]! += factor * update[j]!;
    totalWeight += weight;
    loss += weight * result.loss;
    accuracy += weight * result.accuracy;
  }
  const aggregate = {
    update: Float32Array.from(total, (value) => value / totalWeight),
    examples: totalWeight * maxExamples,
    loss: loss / totalWeight,
    accuracy: accuracy / totalWeight,
    totalWeight,
  };
  return { aggregate, included, clipped };
}
