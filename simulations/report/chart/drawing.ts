import type { BlockOf, Line } from '../blocks.ts';
import { formatNumber } from '../format.ts';
import { type Look, lookOf } from './palette.ts';

/** A point as drawn: a category is replaced by its place, counted from 0. */
export interface DrawnPoint {
  readonly x: number;
  /** x as text. */
  readonly at: string;
  readonly y: number;
  /** Ends of the spread; both are y if there is none. */
  readonly low: number;
  readonly high: number;
}

/** A line with the points that its axes can show. */
export interface DrawnLine {
  readonly label: string;
  readonly style: 'line' | 'dots' | 'bars';
  readonly look: Look;
  readonly points: readonly DrawnPoint[];
}

/** A dashed rule across the chart. */
interface DrawnLevel {
  readonly y: number;
  readonly label: string;
}

/** A chart's content before it has a size. */
export interface Drawing {
  readonly lines: readonly DrawnLine[];
  readonly levels: readonly DrawnLevel[];
  /** Texts of a category axis; undefined on an axis of numbers. */
  readonly categories: readonly string[] | undefined;
  /** Remarks about points that are not drawn. */
  readonly notes: readonly string[];
}

/**
 * The parts of a chart's lines that its axes can show, and remarks on the rest. Lines without a point are not drawn.
 */
export function createDrawing(chart: BlockOf<'chart'>): Drawing {
  const categories =
    chart.x.scale === 'category'
      ? [...new Set(chart.lines.flatMap((line) => line.points.map((point) => String(point.x))))]
      : undefined;
  const places = new Map(categories?.map((category, index) => [category, index]));
  const yHolds = holds(chart.y.scale === 'log');
  const xHolds = holds(chart.x.scale === 'log');

  let left = 0;
  const looks = assignLooks(chart.lines);
  const lines = chart.lines.map((line, index): DrawnLine => {
    const points: DrawnPoint[] = [];
    for (const { x: given, y, low = y, high = y } of line.points) {
      const x = categories === undefined ? Number(given) : (places.get(String(given)) ?? Number.NaN);
      if (xHolds(x) && yHolds(y) && !Number.isNaN(low) && !Number.isNaN(high)) {
        points.push({ x, at: categories?.[x] ?? formatNumber(x), y, low, high });
      } else left++;
    }
    return { label: legendLabel(line, chart.lines), style: line.style ?? 'line', look: looks[index]!, points };
  });

  const empty = lines.filter((line) => line.points.length === 0);
  const drawn = lines.filter((line) => line.points.length > 0);
  const notes: string[] = [];
  if (drawn.length > 0 && empty.length > 0) {
    notes.push(`No points were recorded for ${empty.map((line) => line.label).join(', ')}.`);
  }
  if (left > 0) {
    const logs = chart.x.scale === 'log' || chart.y.scale === 'log';
    const reason = logs ? 'zero, negative or missing, which a logarithmic axis cannot show' : 'missing or not finite';
    notes.push(`Not drawn: ${left === 1 ? '1 point that is' : `${left} points that are`} ${reason}.`);
  }
  return { lines: drawn, levels: (chart.levels ?? []).filter(({ y }) => yHolds(y)), categories, notes };
}

function holds(log: boolean): (value: number) => boolean {
  return (value) => Number.isFinite(value) && (!log || value > 0);
}

/** The paper's line looks like ours with the same label; others take the next free look. */
function assignLooks(lines: readonly Line[]): Look[] {
  const places = new Map<string, number>();
  let next = 0;
  return lines.map((line) => {
    const paper = line.source === 'paper';
    const own = `${paper ? 'paper' : 'ours'} ${line.label}`;
    const other = `${paper ? 'ours' : 'paper'} ${line.label}`;
    const place = places.has(own) ? next++ : (places.get(other) ?? next++);
    places.set(own, place);
    return lookOf(place, paper);
  });
}

/** If two lines share a label, their sources distinguish them. */
function legendLabel(line: Line, lines: readonly Line[]): string {
  if (line.source !== 'paper' || /paper/i.test(line.label)) return line.label;
  const shared = lines.some((other) => other.label === line.label && other.source !== 'paper');
  return shared ? `${line.label}, paper` : line.label;
}

/** A text description of a chart: how many points each line has, its first and last point, and the levels. */
export function describe(chart: BlockOf<'chart'>, drawing: Drawing): { title: string; description: string } {
  const lines = drawing.lines.map(({ label, points, style, look }) => {
    const first = points[0]!;
    const last = points[points.length - 1]!;
    const ys = points.map(({ y }) => y).sort((a, b) => a - b);
    const who = look.paper && !/paper/i.test(label) ? `${label} (paper)` : label;
    const at = `${formatNumber(first.y)} at ${first.at}`;
    if (points.length === 1) return `${who}: ${at}.`;
    const range = `minimum ${formatNumber(ys[0]!)}, maximum ${formatNumber(ys[ys.length - 1]!)}`;
    const many = `${points.length} ${style === 'bars' ? 'bars' : 'points'}`;
    return `${who}: ${many}, from ${at} to ${formatNumber(last.y)} at ${last.at}; ${range}.`;
  });
  const levels = drawing.levels.map(({ label, y }) => `Level ${label}: ${formatNumber(y)}.`);
  return { title: `${chart.y.label}, by ${chart.x.label}`, description: [...lines, ...levels].join(' ') };
}

/** Positions of a chart's bars along its x axis. */
export interface BarSlots {
  /** Left and right edges of the bar of the n-th row of bars at x, in the axis's values. */
  bar(row: number, x: number): readonly [number, number];
  /** How many rows of bars share a slot. */
  readonly rows: number;
  /** Outer edges of the first and the last slot. */
  readonly edges: readonly [number, number];
}

/** Share of the distance between neighbours that their bars occupy. */
const FILLED = 0.64;

/** The slots of a chart's bars: all as wide as the closest neighbours allow. Undefined if it has none. */
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
