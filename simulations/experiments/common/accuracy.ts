import { roundedMean } from '../../laboratory/statistics.ts';
import type { Point } from '../../report/blocks.ts';
import { percent } from '../../report/lines.ts';

/** How well trainings did that differ by their seed alone. */
export type Accuracies = {
  /** The mean. */
  readonly accuracy: number;
  readonly accuracyLow: number;
  readonly accuracyHigh: number;
};

/** The accuracies of the last look at each of some trainings; one at least. */
export function accuraciesOf(looks: readonly { readonly accuracy: number }[]): Accuracies {
  const accuracies = looks.map(({ accuracy }) => accuracy);
  return {
    accuracy: roundedMean(accuracies),
    accuracyLow: Math.min(...accuracies),
    accuracyHigh: Math.max(...accuracies),
  };
}

/** They as a point of a chart, with their range where there are several. */
export function accuracyPoint(
  x: number,
  { accuracy, accuracyLow, accuracyHigh, repeats }: Accuracies & { readonly repeats: number },
): Point & { readonly x: number } {
  return {
    x,
    y: percent(accuracy),
    ...(repeats > 1 ? { low: percent(accuracyLow), high: percent(accuracyHigh) } : {}),
  };
}

/** The axis that they stand on. */
export const ACCURACY = { label: 'accuracy on the test set [%]' } as const;
