import { mean } from '../laboratory/statistics.ts';
import type { Section } from '../laboratory/experiment.ts';
import type { Block, Line, Point } from './blocks.ts';

/** A share in per cent, as the axes of charts have it. */
export function percent(share: number): number {
  return 100 * share;
}

/** Lines that have a point. */
export function drawable(lines: readonly Line[]): Line[] {
  return lines.filter(({ points }) => points.length > 0);
}

/** The mean of some values, one at least, with their range where there are several. */
export function spread(values: readonly number[]): Omit<Point, 'x'> {
  return {
    y: mean(values),
    ...(values.length > 1 ? { low: Math.min(...values), high: Math.max(...values) } : {}),
  };
}

/** Sections by their titles; those without a block are left out. */
export function sectionsOf(blocks: Readonly<Record<string, readonly Block[]>>): Section[] {
  return Object.entries(blocks)
    .filter(([, each]) => each.length > 0)
    .map(([title, each]) => ({ title, blocks: each }));
}
