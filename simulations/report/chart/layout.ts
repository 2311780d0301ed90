import type { BlockOf } from '../blocks.ts';
import { createAxis, type DrawnAxis, share } from './axis.ts';
import { barEdges, type BarSlots, type Drawing, type DrawnLine } from './drawing.ts';
import { LINE_HEIGHT, textWidth, wrapText } from './measure.ts';
import { categoryTicks, numberTicks, type TickTexts } from './tick-texts.ts';

/** A label moved further than this no longer belongs to its line at a glance. */
const FURTHEST = 14;

/**
 * Moves labels at the ends of lines apart until none overlaps another: given the preferred heights in pixels, returns
 * the heights in the same order, or undefined if one would have to move too far or leave the chart.
 */
function spread(wished: readonly number[], top: number, bottom: number): number[] | undefined {
  const order = wished.map((_, index) => index).sort((a, b) => wished[a]! - wished[b]! || a - b);
  const placed = [...wished];
  // Groups that touch move together, centred on their preferred heights.
  const groups: { members: number[]; centre: number }[] = [];
  for (const index of order) {
    let group = { members: [index], centre: wished[index]! };
    for (let before = groups.at(-1); before !== undefined; before = groups.at(-1)) {
      const room = ((before.members.length + group.members.length) / 2) * LINE_HEIGHT;
      if (group.centre - before.centre >= room) break;
      groups.pop();
      const members = [...before.members, ...group.members];
      group = { members, centre: members.reduce((sum, member) => sum + wished[member]!, 0) / members.length };
    }
    groups.push(group);
  }
  for (const { members, centre } of groups) {
    members.forEach((member, place) => (placed[member] = centre + (place - (members.length - 1) / 2) * LINE_HEIGHT));
  }
  const fits = placed.every((y, index) => Math.abs(y - wished[index]!) <= FURTHEST && y >= top && y <= bottom);
  return fits ? placed : undefined;
}

/** A label in the right margin, at its line's end or at its level. */
interface EndLabel {
  readonly text: string;
  /** Pixels from the top. */
  readonly y: number;
  /** Undefined for a level's. */
  readonly colour?: string;
}

/** Positions of a chart's parts, for one width. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly margin: { readonly top: number; readonly right: number; readonly bottom: number; readonly left: number };
  /** Pixels between the frame and the first and last value of the x axis, so that symbols do not touch the frame. */
  readonly inset: number;
  readonly x: DrawnAxis;
  readonly y: DrawnAxis;
  readonly xTexts: TickTexts;
  readonly yTitle: readonly string[];
  readonly slots: BarSlots | undefined;
  readonly endLabels: readonly EndLabel[];
  /** What the legend above the chart lists, since no label in the chart does. */
  readonly legend: { readonly lines: boolean; readonly levels: boolean };
}

/** The size that a layout is made for; `narrow` ones have no space for labels beside the lines. */
export interface Size {
  readonly width: number;
  readonly height: number;
  readonly narrow: boolean;
}

/** Pixels between the end of a line and its label. */
const LABEL_GAP = 10;

/** Lays a chart out. Lines are labelled at their ends if all end near the right edge and the labels fit. */
export function createLayout(chart: BlockOf<'chart'>, drawing: Drawing, size: Size): Layout {
  const slots = barEdges(drawing, chart.x.scale ?? 'linear');
  const points = drawing.lines.flatMap((line) => line.points);
  const logY = chart.y.scale === 'log';
  const y = createAxis({
    type: chart.y.scale ?? 'linear',
    ...(chart.y.domain && { asked: chart.y.domain }),
    values: [
      ...points.flatMap(({ y, low, high }) => [
        y,
        ...[low, high].filter((end) => Number.isFinite(end) && (!logY || end > 0)),
      ]),
      ...drawing.levels.map((level) => level.y),
    ],
    bars: slots !== undefined,
    count: size.narrow ? 5 : 6,
    round: true,
  });

  const yTitle = wrapText(chart.y.label, size.width - 10);
  const left = Math.ceil(Math.max(...y.ticks.map((tick) => textWidth(y.format(tick)))) + 12);
  const frame = { top: yTitle.length * LINE_HEIGHT + 14, left };
  const inset = drawing.categories === undefined ? 10 : 0;
  const xAxis = (inner: number): { axis: DrawnAxis; texts: TickTexts } => {
    if (drawing.categories !== undefined) return categoryTicks(drawing.categories, inner);
    return numberTicks(chart.x, [...points.map(({ x }) => x), ...(slots?.edges ?? [])], inner - 2 * inset);
  };

  const height = (bottom: number) => size.height + frame.top + bottom;
  const finish = (right: number, labels: readonly EndLabel[], lines: boolean, levels: boolean): Layout => {
    const { axis: x, texts } = xAxis(size.width - left - right);
    const bottom = texts.height + LINE_HEIGHT * wrapText(chart.x.label, size.width - 10).length + 14;
    return {
      width: size.width,
      height: height(bottom),
      margin: { ...frame, left: Math.max(left, texts.overhang), right, bottom },
      inset,
      x,
      y,
      xTexts: texts,
      yTitle,
      slots,
      endLabels: labels,
      legend: { lines, levels },
    };
  };

  if (!size.narrow) {
    const trial = xAxis(size.width - left - size.width / 4).axis;
    const at = (value: number) => frame.top + (1 - share(y, value)) * size.height;
    const levelEnds = drawing.levels.map((level) => ({ text: level.label, y: at(level.y) }));
    const lineEnds = drawing.lines.every((line) => endsAtRight(line, trial))
      ? drawing.lines.map((line) => ({ text: line.label, y: at(rightmost(line).y), colour: line.look.colour }))
      : undefined;
    for (const ends of [lineEnds && [...lineEnds, ...levelEnds], levelEnds]) {
      if (ends === undefined || ends.length === 0) continue;
      const widest = Math.max(...ends.map(({ text }) => textWidth(text)));
      const heights = spread(
        ends.map((end) => end.y),
        frame.top - 4,
        frame.top + size.height + 4,
      );
      if (widest > size.width * 0.32 || heights === undefined) continue;
      const labels = ends.map((end, index) => ({ ...end, y: heights[index]! }));
      return finish(Math.ceil(widest) + LABEL_GAP + 4, labels, ends === levelEnds, false);
    }
  }
  return finish(14, [], true, true);
}

function rightmost(line: DrawnLine) {
  return line.points.reduce((best, point) => (point.x >= best.x ? point : best));
}

function endsAtRight(line: DrawnLine, x: DrawnAxis): boolean {
  return line.style === 'line' && share(x, rightmost(line).x) > 0.9;
}
