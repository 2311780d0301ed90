import type { Drawing, DrawnPoint } from './drawing.ts';

/** Where the bars of a chart stand along its x axis. */
export interface BarSlots {
  /** Left and right end of the bar of the n-th row of bars at x, in the axis's values. */
  bar(row: number, x: number): readonly [number, number];
  /** How many rows of bars share a slot. */
  readonly rows: number;
  /** Outer ends of the first and the last slot. */
  readonly edges: readonly [number, number];
}

/** Share of the way between neighbours that their bars take together. */
const FILLED = 0.64;

/** The slots of a chart's bars: as wide everywhere as the nearest neighbours allow. Undefined where it has none. */
export function barEdges(drawing: Drawing, scale: 'linear' | 'log' | 'category'): BarSlots | undefined {
  const bars = drawing.lines.filter((line) => line.style === 'bars');
  if (bars.length === 0) return undefined;
  const into = scale === 'log' ? Math.log10 : (x: number) => x;
  const back = scale === 'log' ? (place: number) => 10 ** place : (place: number) => place;
  const places = [...new Set(bars.flatMap((line) => line.points.map(({ x }: DrawnPoint) => into(x))))].sort(
    (a, b) => a - b,
  );
  const gaps = places.slice(1).map((place, index) => place - places[index]!);
  const slot = FILLED * Math.min(...(gaps.length === 0 || scale === 'category' ? [1] : gaps));
  return {
    rows: bars.length,
    bar: (row, x) => {
      const left = into(x) - slot / 2 + (row * slot) / bars.length;
      return [back(left), back(left + slot / bars.length)];
    },
    edges: [back(places[0]! - slot / 2), back(places[places.length - 1]! + slot / 2)],
  };
}
