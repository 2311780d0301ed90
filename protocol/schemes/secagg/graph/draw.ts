import { CairnError } from '../../../errors.ts';

/**
 * The first `count` places of a shuffle of 0…n − 1 by Fisher and Yates: for i = 0, 1, …, swap i with i + `nextUniform(n
 * − i)`. Only the swapped places are stored, so that drawing a few of a million costs no more than a few.
 * @param nextUniform - a uniform integer from 0 below its bound
 * @returns the members drawn, ascending
 * @throws CairnError `internal` for more than n, or if `nextUniform` leaves its bound
 */
export function drawFrom(n: number, count: number, nextUniform: (bound: number) => number): number[] {
  if (count > n) throw new CairnError('internal', `${count} of ${n} members were to be drawn`);
  const moved = new Map<number, number>();
  const at = (place: number): number => moved.get(place) ?? place;
  const drawn: number[] = [];
  for (let i = 0; i < count; i++) {
    const step = nextUniform(n - i);
    if (!Number.isSafeInteger(step) || step < 0 || step >= n - i) {
      throw new CairnError('internal', `a uniform number below ${n - i} was requested, but got ${step}`);
    }
    drawn.push(at(i + step));
    moved.set(i + step, at(i));
  }
  return drawn.sort((a, b) => a - b);
}
