import * as Plot from '@observablehq/plot';
import type { BlockOf } from '../blocks.ts';
import { figure, type Page } from '../page.ts';
import { createDrawing, describe, type Drawing } from './drawing.ts';
import { createLayout, type Layout, type Size } from './layout.ts';
import { renderLegend } from './legend.ts';
import { levelMarks, lineMarks } from './marks.ts';
import { LINE_HEIGHT, wrapText } from './measure.ts';
import { drawSvg } from './svg.ts';

/**
 * A chart is drawn twice, since text that shrinks with a drawing becomes unreadable; the style shows one of the two.
 */
const SIZES: readonly (Size & { readonly name: string })[] = [
  { name: 'roomy', width: 736, height: 300, narrow: false },
  { name: 'slim', width: 343, height: 220, narrow: true },
];

/** A chart as inline SVG with its legend, or a sentence if no point was recorded. */
export function renderChart(block: BlockOf<'chart'>, page: Page): string {
  const drawing = createDrawing(block);
  const data = block.data && { data: block.data };
  if (drawing.lines.length === 0) {
    const body = '<p class="empty">No points were recorded.</p>';
    return figure(page, 'Figure', { className: 'chart', caption: block.caption, body, notes: drawing.notes, ...data });
  }
  const words = describe(block, drawing);
  const layouts = SIZES.map((size) => createLayout(block, drawing, size));
  const drawings = layouts.map((layout, index) => {
    const svg = drawSvg(plotOptions(block, drawing, layout), { id: page.id('chart'), ...words });
    return `<div class="${SIZES[index]!.name}">${renderLegend(drawing, layout)}${svg}</div>`;
  });
  return figure(page, 'Figure', {
    className: 'chart',
    caption: block.caption,
    body: drawings.join('\n'),
    notes: [...drawing.notes, ...beyond(drawing, layouts[0]!)],
    ...data,
  });
}

function beyond(drawing: Drawing, { x, y }: Layout): string[] {
  const outside = ([low, high]: readonly [number, number], value: number) => value < low || value > high;
  const count = drawing.lines
    .flatMap((line) => line.points)
    .filter((point) => outside(x.domain, point.x) || outside(y.domain, point.y)).length;
  if (count === 0) return [];
  return [count === 1 ? '1 point lies beyond the axes.' : `${count} points lie beyond the axes.`];
}

function plotOptions(block: BlockOf<'chart'>, drawing: Drawing, layout: Layout): Plot.PlotOptions {
  const { margin, x, y, xTexts } = layout;
  return {
    width: layout.width,
    height: layout.height,
    marginTop: margin.top,
    marginRight: margin.right,
    marginBottom: margin.bottom,
    marginLeft: margin.left,
    insetLeft: layout.inset,
    insetRight: layout.inset,
    x: { type: x.type, domain: x.domain, axis: null, label: null },
    y: { type: y.type, domain: y.domain, axis: null, label: null },
    marks: [
      Plot.gridY(y.ticks, { stroke: 'var(--grid)', strokeOpacity: 1 }),
      Plot.axisY(y.ticks, { text: y.format, tickSize: 0, tickPadding: 8, label: null, fill: 'var(--muted)' }),
      Plot.axisX(x.ticks, {
        // Plot would drop some of a log axis's labels if they were given as a format.
        text: xTexts.text,
        tickRotate: xTexts.rotate,
        tickSize: drawing.categories === undefined ? 5 : 0,
        label: null,
        color: 'var(--muted)',
      }),
      Plot.ruleY([foot(layout)], { stroke: 'var(--muted)' }),
      levelMarks(drawing, layout),
      drawing.lines.map((line) => lineMarks(drawing, line, layout)),
      axisTitles(block, layout),
      layout.endLabels.map((label) =>
        Plot.text([label.text], {
          frameAnchor: 'top-right',
          textAnchor: 'start',
          lineAnchor: 'middle',
          dx: 10,
          dy: label.y - margin.top,
          fill: label.colour ?? 'currentColor',
        }),
      ),
    ],
  };
}

/** Position of the x axis's line: at zero if there are bars below it too, otherwise at the bottom. */
function foot({ y, slots }: Layout): number {
  return slots !== undefined && y.type === 'linear' && y.domain[0] < 0 && y.domain[1] > 0 ? 0 : y.domain[0];
}

function axisTitles(block: BlockOf<'chart'>, layout: Layout): Plot.Markish[] {
  const { margin, yTitle } = layout;
  const xTitle = wrapText(block.x.label, layout.width - 10);
  return [
    Plot.text([yTitle.join('\n')], {
      frameAnchor: 'top-left',
      lineAnchor: 'top',
      textAnchor: 'start',
      dx: -margin.left,
      dy: -margin.top,
    }),
    Plot.text([xTitle.join('\n')], {
      frameAnchor: 'bottom',
      lineAnchor: 'bottom',
      dy: margin.bottom - LINE_HEIGHT / 4,
    }),
  ];
}
