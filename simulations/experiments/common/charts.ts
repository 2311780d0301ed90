import { mean, roundedMean } from '../../laboratory/statistics.ts';
import type { Block, Line, Point, Section } from '../../report/blocks.ts';

/** A share in per cent, as shown on the axes of charts. */
export function percent(share: number): number {
  return 100 * share;
}

/** Lines that have a point. */
export function drawable(lines: readonly Line[]): Line[] {
  return lines.filter(({ points }) => points.length > 0);
}

/** The mean of some values, at least one, with their range if there are several. */
export function spread(values: readonly number[]): Omit<Point, 'x'> {
  return {
    y: mean(values),
    ...(values.length > 1 ? { low: Math.min(...values), high: Math.max(...values) } : {}),
  };
}

/** Sections by title; those without a block are omitted. */
export function sectionsOf(blocks: Readonly<Record<string, readonly Block[]>>): Section[] {
  return Object.entries(blocks)
    .filter(([, each]) => each.length > 0)
    .map(([title, each]) => ({ title, blocks: each }));
}

/** Accuracies of trainings that differ only by their seed. */
export type Accuracies = {
  /** The mean. */
  readonly accuracy: number;
  readonly accuracyLow: number;
  readonly accuracyHigh: number;
};

/** The accuracies at the last evaluation of each of some trainings; at least one. */
export function accuraciesOf(looks: readonly { readonly accuracy: number }[]): Accuracies {
  const accuracies = looks.map(({ accuracy }) => accuracy);
  return {
    accuracy: roundedMean(accuracies),
    accuracyLow: Math.min(...accuracies),
    accuracyHigh: Math.max(...accuracies),
  };
}

/** The same as a point of a chart, with their range if there are several. */
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

/** Their axis. */
export const ACCURACY = { label: 'accuracy on the test set [%]' } as const;
