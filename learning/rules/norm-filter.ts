import type { DecodedSum } from '../../protocol/quantize/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { byCoordinate, trimmedMean } from './coordinates.ts';
import type { Combination, CoordinateRange } from './types.ts';

/** Coordinates whose squares are added up without a pause, over all groups: about a millisecond. */
const PART = 2 ** 16;

const mean = trimmedMean(0);

/** The middle value, of an even number the lower one: it is still honest if half of the norms are forged. */
function lowerMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1]!;
}

/**
 * The mean of the groups that are not much longer than the others. A longer one is left out, not shortened: it contains
 * an update that no honest member sends, so that nothing is known about its direction, and its honest part cannot be
 * separated from that.
 *
 * Untrained coordinates, whose scale differs from the others, have a separate norm: a group that is much longer in
 * either is left out.
 * @param size - number of coordinates
 */
export function normFilter(
  sums: readonly DecodedSum[],
  size: number,
  factor: number,
  untrained: readonly CoordinateRange[] = [],
): Combination {
  const whole = new Float64Array(sums.length);
  const aside = new Float64Array(sums.length);
  let kept: Combination | undefined;
  const leftOut: number[] = [];

  function* steps(): Generator<void> {
    const part = Math.max(1, Math.floor(PART / sums.length));
    for (let from = 0; from < size; from += part) {
      const values = new Float32Array(Math.min(part, size - from));
      sums.forEach((sum, i) => {
        sum.update(from, values);
        for (const { from: begin, length } of untrained) {
          const [at, end] = [Math.max(begin - from, 0), Math.max(Math.min(begin + length - from, values.length), 0)];
          for (let j = at; j < end; j++) {
            aside[i]! += values[j]! * values[j]!;
            values[j] = 0;
          }
        }
        for (const value of values) whole[i]! += value * value;
      });
      yield;
    }
    const bounds = [whole, aside].map((squares) => factor * lowerMedian(Array.from(squares, Math.sqrt)));
    sums.forEach((_, i) => {
      if (Math.sqrt(whole[i]!) > bounds[0]! || Math.sqrt(aside[i]!) > bounds[1]!) leftOut.push(i);
    });
    kept = byCoordinate(
      sums.filter((_, i) => !leftOut.includes(i)),
      mean,
    );
  }

  return {
    steps,
    leftOut,
    get sum() {
      if (kept === undefined) throw new CairnError('internal', 'the norms of the groups have not been computed yet');
      return kept.sum;
    },
  };
}
