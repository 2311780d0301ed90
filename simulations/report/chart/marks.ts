import * as Plot from '@observablehq/plot';
import { formatNumber } from '../format.ts';
import { share } from './axis.ts';
import type { Drawing, DrawnLine, DrawnPoint } from './drawing.ts';
import type { Layout } from './layout.ts';
import { FONT_SIZE, textWidth } from './measure.ts';
import { levelDash } from './palette.ts';

const GROUND = 'var(--ground)';
const MUTED = 'var(--muted)';
const PAPER_DASH = '5 4';

/** Above this many points a line's spread is a band, and only some of its points have a symbol. */
const FEW_POINTS = 24;
const SYMBOLS_ON_LONG_LINE = 8;

/** Above this many a cloud's symbols are small, and no longer show their values on hover. */
const MANY_POINTS = 200;

/** The end of a spread or bar, clipped to the axis, such as zero on a log axis. */
const bounded = (layout: Layout, value: number) => Math.max(layout.y.domain[0], Math.min(layout.y.domain[1], value));

/** The dashed rules of the paper's values. */
export function levelMarks(drawing: Drawing, layout: Layout): Plot.Markish[] {
  const [low, high] = layout.y.domain;
  return drawing.levels.map((level, place) =>
    Plot.ruleY(level.y >= low && level.y <= high ? [level.y] : [], {
      stroke: 'currentColor',
      strokeOpacity: 0.75,
      strokeWidth: 1.25,
      strokeDasharray: levelDash(place),
    }),
  );
}

/** The marks of one line: bars, band or whiskers, the line itself, symbols. */
export function lineMarks(drawing: Drawing, line: DrawnLine, layout: Layout): Plot.Markish[] {
  if (line.style === 'bars') return barMarks(drawing, line, layout);
  const place = drawing.lines.indexOf(line);
  const points = line.points.map((point) => ({ ...point, x: middleOf(drawing, line, point, layout) }));
  const spread = points.filter(({ low, high }) => low !== high);
  const inside = points.filter(({ x, y }) => within(layout.x.domain, x) && within(layout.y.domain, y));
  const clip = inside.length < points.length;
  const marks: Plot.Markish[] = [];
  if (points.length > FEW_POINTS && spread.length > 0 && line.style === 'line') {
    marks.push(
      Plot.areaY(points, {
        x: 'x',
        y1: ({ low }: DrawnPoint) => bounded(layout, low),
        y2: ({ high }: DrawnPoint) => bounded(layout, high),
        fill: line.look.colour,
        fillOpacity: 0.16,
        clip,
      }),
    );
  } else {
    marks.push(whiskers(spread, line.look.colour, layout));
  }
  if (line.style === 'line') {
    const dashes = line.look.paper ? { strokeDasharray: PAPER_DASH } : {};
    marks.push(Plot.line(points, { x: 'x', y: 'y', stroke: line.look.colour, strokeWidth: 1.75, clip, ...dashes }));
  }
  const marked = line.style === 'dots' ? inside : someOf(inside, place);
  marks.push(symbols(line, marked));
  return marks;
}

function within([low, high]: readonly [number, number], value: number): boolean {
  return value >= low && value <= high;
}

/** All of few points, about eight of many; a different choice for each line, so that symbols do not hide each other. */
function someOf(points: readonly DrawnPoint[], place: number): readonly DrawnPoint[] {
  if (points.length <= FEW_POINTS) return points;
  const every = Math.ceil(points.length / SYMBOLS_ON_LONG_LINE);
  return points.filter((_, index) => index % every === Math.floor(((place % 4) + 0.5) * (every / 4)));
}

/** Dots beside bars are placed on the bars of the same name; those of other lines in the middle of their slot. */
function middleOf(drawing: Drawing, line: DrawnLine, point: DrawnPoint, layout: Layout): number {
  if (layout.slots === undefined || layout.x.type === 'log') return point.x;
  const bars = drawing.lines.filter((other) => other.style === 'bars');
  const row = bars.findIndex(
    (other) => other.look.colour === line.look.colour && other.look.symbol === line.look.symbol,
  );
  if (row < 0) return point.x;
  const [left, right] = layout.slots.bar(row, point.x);
  return (left + right) / 2;
}

function symbols(line: DrawnLine, points: readonly DrawnPoint[]): Plot.Markish {
  const many = points.length > MANY_POINTS;
  return Plot.dot(points, {
    x: 'x',
    y: 'y',
    symbol: line.look.symbol,
    r: many ? 2.25 : 3.75,
    fill: line.look.paper ? GROUND : line.look.colour,
    stroke: line.look.colour,
    strokeWidth: line.look.paper ? 1.6 : 0.75,
    ...(!many && { title: (point: DrawnPoint) => pointTitle(line, point) }),
  });
}

function pointTitle(line: DrawnLine, { at, y, low, high }: DrawnPoint): string {
  const spread = low === high ? '' : ` (${formatNumber(low)} to ${formatNumber(high)})`;
  return `${line.label}, ${at}: ${formatNumber(y)}${spread}`;
}

function whiskers(points: readonly DrawnPoint[], colour: string, layout: Layout, strokeWidth = 1.5): Plot.Markish {
  const { domain } = layout.y;
  return Plot.ruleX(
    points.filter(({ low, high }) => low <= domain[1] && high >= domain[0]),
    {
      x: 'x',
      y1: ({ low }: DrawnPoint) => bounded(layout, low),
      y2: ({ high }: DrawnPoint) => bounded(layout, high),
      stroke: colour,
      strokeWidth,
    },
  );
}

function barMarks(drawing: Drawing, line: DrawnLine, layout: Layout): Plot.Markish[] {
  const slots = layout.slots!;
  const row = drawing.lines.filter((other) => other.style === 'bars').indexOf(line);
  const foot = layout.y.type === 'log' ? layout.y.domain[0] : bounded(layout, 0);
  const bars = line.points.map((point) => {
    const [left, right] = slots.bar(row, point.x);
    return { ...point, left, right, x: layout.x.type === 'log' ? Math.sqrt(left * right) : (left + right) / 2 };
  });
  const { colour, paper } = line.look;
  const spread = bars.filter(({ low, high }) => low !== high);
  return [
    Plot.rect(bars, {
      x1: 'left',
      x2: 'right',
      y1: () => foot,
      y2: ({ y }: DrawnPoint) => bounded(layout, y),
      insetLeft: 0.75,
      insetRight: 0.75,
      fill: paper ? GROUND : colour,
      stroke: colour,
      strokeWidth: paper ? 1.5 : 0,
      ...(paper && { strokeDasharray: PAPER_DASH }),
      title: (bar: DrawnPoint) => pointTitle(line, bar),
    }),
    // A rule in the background colour behind the whisker keeps it visible on a dark bar.
    whiskers(spread, GROUND, layout, 4),
    whiskers(spread, 'currentColor', layout),
    ...barValues(drawing, bars, layout),
  ];
}

/** The values above the bars, if they fit and nothing else is drawn there. */
function barValues(drawing: Drawing, bars: readonly (DrawnPoint & { left: number; right: number })[], layout: Layout) {
  const inner = layout.width - layout.margin.left - layout.margin.right - 2 * layout.inset;
  const text = ({ y }: DrawnPoint) => formatNumber(Number(y.toPrecision(3)));
  const crowded =
    drawing.levels.length > 0 ||
    drawing.lines.some(
      (line) => line.style !== 'bars' || line.points.some(({ y, low, high }) => y < 0 || low !== high),
    ) ||
    bars.some((bar) => textWidth(text(bar)) + 4 > (share(layout.x, bar.right) - share(layout.x, bar.left)) * inner) ||
    bars.some((bar) => !within(layout.y.domain, bar.y));
  return crowded ? [] : [Plot.text(bars, { x: 'x', y: 'y', text, dy: -9, fill: MUTED, fontSize: FONT_SIZE - 1 })];
}
