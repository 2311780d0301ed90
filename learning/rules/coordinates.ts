import type { DecodedSum } from '../../protocol/quantize/index.ts';
import type { Combination } from './types.ts';

/** Makes one value of one or more, which are sorted, ascending. */
type Pick = (sorted: Float64Array) => number;

/** The middle value, or the mean of the two in the middle. */
export const median: Pick = (sorted) => {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** The mean without the `trim` smallest and the `trim` largest; 2·trim is less than their number. */
export const trimmedMean =
  (trim: number): Pick =>
  (sorted) => {
    let total = 0;
    for (let i = trim; i < sorted.length - trim; i++) total += sorted[i]!;
    return total / (sorted.length - 2 * trim);
  };

/** Above this many values the engine's own sort is faster than insertion sort. */
const MAX_INSERTED = 48;

/** Sorts in place: a few values for each of millions of coordinates. */
function sort(values: Float64Array): Float64Array {
  if (values.length > MAX_INSERTED) return values.sort();
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!;
    let at = i;
    for (; at > 0 && values[at - 1]! > value; at--) values[at] = values[at - 1]!;
    values[at] = value;
  }
  return values;
}

/**
 * Combines sums coordinate by coordinate: no coordinate depends on another.
 * @param pick - makes one value of those of all sums, which are sorted, ascending
 */
export function byCoordinate(sums: readonly DecodedSum[], pick: Pick): Combination {
  const of = (value: (sum: DecodedSum) => number): number => pick(sort(Float64Array.from(sums, value)));
  const update: DecodedSum['update'] = (from, into) => {
    const parts = sums.map((sum) => {
      const part = new Float32Array(into.length);
      sum.update(from, part);
      return part;
    });
    const values = new Float64Array(sums.length);
    for (let j = 0; j < into.length; j++) {
      for (let i = 0; i < parts.length; i++) values[i] = parts[i]![j]!;
      into[j] = pick(sort(values));
    }
  };
  const sum: DecodedSum = {
    update,
    examples: sums.length * of(({ examples }) => examples),
    totalWeight: sums.length * of(({ totalWeight }) => totalWeight),
    loss: of(({ loss }) => loss),
    accuracy: of(({ accuracy }) => accuracy),
  };
  return { steps: () => [], sum, leftOut: [] };
}
