import * as Plot from '@observablehq/plot';
import { escapeHtml } from '../page.ts';
import type { Drawing, DrawnLine } from './drawing.ts';
import type { Layout } from './layout.ts';
import { levelDash } from './palette.ts';
import { drawSvg } from './svg.ts';

const WIDTH = 34;
const HEIGHT = 14;

/** A legend of a chart's lines and levels, each after a sample of its style; empty if the chart labels them itself. */
export function renderLegend(drawing: Drawing, layout: Layout): string {
  const entries = [
    ...(layout.legend.lines ? drawing.lines.map((line) => [lineSwatch(line), line.label]) : []),
    ...(layout.legend.levels ? drawing.levels.map((level, place) => [levelSwatch(place), level.label]) : []),
  ];
  if (entries.length === 0) return '';
  const items = entries.map(([swatch, label]) => `<li>${swatch}<span>${escapeHtml(label!)}</span></li>`);
  return `<ul class="legend">${items.join('')}</ul>`;
}

function swatch(marks: Plot.Markish[]): string {
  const scale = (end: number) => ({ axis: null, type: 'linear', domain: [0, end] }) as const;
  return drawSvg({ width: WIDTH, height: HEIGHT, margin: 0, x: scale(WIDTH), y: scale(HEIGHT), marks });
}

function lineSwatch({ look, style }: DrawnLine): string {
  const fill = look.paper ? 'var(--ground)' : look.colour;
  const dash = look.paper ? { strokeDasharray: '5 4' } : {};
  const middle = HEIGHT / 2;
  if (style === 'bars') {
    const box = { x1: 9, x2: 25, y1: 1, y2: 13 };
    return swatch([
      Plot.rect([box], { ...channels(box), fill, stroke: look.colour, strokeWidth: look.paper ? 1.5 : 0, ...dash }),
    ]);
  }
  const dot = Plot.dot([[WIDTH / 2, middle]], {
    symbol: look.symbol,
    r: 3.75,
    fill,
    stroke: look.colour,
    strokeWidth: look.paper ? 1.6 : 0.75,
  });
  if (style === 'dots') return swatch([dot]);
  const ends = [
    [1, middle],
    [WIDTH - 1, middle],
  ] as const;
  return swatch([Plot.line(ends, { stroke: look.colour, strokeWidth: 1.75, ...dash }), dot]);
}

function channels<Box extends Record<string, number>>(box: Box): { readonly [Key in keyof Box]: string } {
  return Object.fromEntries(Object.keys(box).map((key) => [key, key])) as { [Key in keyof Box]: string };
}

function levelSwatch(place: number): string {
  const rule = { stroke: 'currentColor', strokeOpacity: 0.75, strokeWidth: 1.25, strokeDasharray: levelDash(place) };
  return swatch([Plot.ruleY([HEIGHT / 2], rule)]);
}
