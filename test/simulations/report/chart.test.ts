import { parseHTML } from 'linkedom';
import { describe, expect, test, vi } from 'vitest';
import type { BlockOf, Line } from '../../../simulations/report/blocks.ts';
import { renderChart } from '../../../simulations/report/chart/chart.ts';
import { createPage } from '../../../simulations/report/page.ts';
import { accuracy, bars, clouds, serverTimes } from './sample.ts';

type Chart = BlockOf<'chart'>;

const draw = (chart: Chart) =>
  parseHTML(`<main>${renderChart(chart, createPage(new Map(), new Set()))}</main>`).document;

const chartOf = (lines: readonly Line[], changes: Partial<Chart> = {}): Chart => ({
  kind: 'chart',
  caption: 'Caption.',
  x: { label: 'x' },
  y: { label: 'y' },
  lines,
  ...changes,
});

const texts = (root: ParentNode, selector: string) =>
  [...root.querySelectorAll(selector)].map((element) => element.textContent);

/** Where a symbol was drawn: circles have coordinates, others are moved to their place. */
function placeOf(symbol: Element): [x: number, y: number] {
  if (symbol.hasAttribute('cx')) return [Number(symbol.getAttribute('cx')), Number(symbol.getAttribute('cy'))];
  const [, x, y] = /\(([\d.-]+),([\d.-]+)\)/.exec(symbol.getAttribute('transform') ?? '') ?? [];
  return [Number(x), Number(y)];
}

/** Heights of drawn symbols of one label, from the top, in the roomy drawing. */
function heights(document: Document, label: string): number[] {
  return [...document.querySelectorAll('.roomy .plot g[aria-label=dot] > *')]
    .filter((dot) => dot.querySelector('title')?.textContent.startsWith(`${label}, `))
    .map((dot) => placeOf(dot)[1]);
}

describe('charts', () => {
  test('every scale and style draws without a warning, a NaN, or a style of its own', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const scales = ['linear', 'log', 'category'] as const;
    for (const x of scales) {
      for (const y of ['linear', 'log'] as const) {
        for (const style of ['line', 'dots', 'bars'] as const) {
          for (const count of [1, 3, 60]) {
            const points = Array.from({ length: count }, (_, index) => ({
              x: index + 1,
              y: (index + 1) ** 2,
              low: index,
              high: (index + 2) ** 2,
            }));
            const lines: Line[] = [
              { label: 'a', style, points },
              { label: 'a', style, source: 'paper', points: points.slice(0, 2) },
            ];
            const html = renderChart(
              chartOf(lines, {
                x: { label: 'x', scale: x },
                y: { label: 'y', scale: y },
                levels: [{ y: 2, label: 'level' }],
              }),
              createPage(new Map(), new Set()),
            );
            expect(html, `${x} ${y} ${style} ${count}`).not.toMatch(/NaN|Infinity|undefined|<style|style=|⚠/);
          }
        }
      }
    }
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  test('a chart without points says so instead of drawing', () => {
    for (const lines of [[], [{ label: 'a', points: [] }], [{ label: 'a', points: [{ x: 1, y: Number.NaN }] }]]) {
      const document = draw(chartOf(lines, { levels: [{ y: 1, label: 'paper' }] }));
      expect(document.querySelector('svg')).toBeNull();
      expect(texts(document, '.empty')).toEqual(['No points were recorded.']);
    }
  });

  test('a line without points is named beside those that have some', () => {
    const document = draw(
      chartOf([
        { label: 'a', points: [{ x: 1, y: 1 }] },
        { label: 'b', points: [] },
      ]),
    );
    expect(texts(document, '.note')).toEqual(['No points were recorded for b.']);
  });

  test('what a log axis cannot hold is left out, and the figure says how many points', () => {
    const points = [0, -1, 1, 10].map((y, x) => ({ x, y }));
    const document = draw(chartOf([{ label: 'a', points }], { y: { label: 'y', scale: 'log' } }));
    expect(heights(document, 'a')).toHaveLength(2);
    expect(texts(document, '.note').join()).toMatch(/Not drawn: 2 points .* logarithmic/);
    expect(texts(draw(clouds), '.note').join()).toMatch(/Not drawn: 1 point /);
  });

  test('a spread that reaches zero on a log axis ends at the axis', () => {
    const document = draw(
      chartOf(
        [
          {
            label: 'a',
            points: [
              { x: 1, y: 5, low: 0, high: 9 },
              { x: 2, y: 6 },
            ],
          },
        ],
        { y: { label: 'y', scale: 'log' } },
      ),
    );
    const end = (colour: string, name: string) =>
      Number(document.querySelector(`.roomy .plot g[aria-label=rule][stroke="${colour}"] line`)?.getAttribute(name));
    expect(end('var(--series-1)', 'y1')).toBe(end('var(--muted)', 'y1'));
    expect(end('var(--series-1)', 'y2')).toBeLessThan(end('var(--series-1)', 'y1'));
    expect(texts(document, '.note')).toEqual([]);
  });

  test('heights follow the values, on a linear axis and by their logarithms on a log one', () => {
    const points = [1, 10, 100].map((y, x) => ({ x, y }));
    const [a, b, c] = heights(draw(chartOf([{ label: 'a', points }])), 'a');
    expect((a! - b!) / (b! - c!)).toBeCloseTo(9 / 90, 1);
    const [d, e, f] = heights(draw(chartOf([{ label: 'a', points }], { y: { label: 'y', scale: 'log' } })), 'a');
    expect(d! - e!).toBeCloseTo(e! - f!, 1);
    expect(d).toBeGreaterThan(f!);
  });

  test('points beyond an asked domain are counted, and an impossible domain is passed over', () => {
    const line = { label: 'a', points: [1, 2, 3].map((x) => ({ x, y: x })) };
    const cut = draw(chartOf([line], { y: { label: 'y', domain: [0, 2] } }));
    expect(texts(cut, '.note')).toEqual(['1 point lies beyond the axes.']);
    const clip = cut.querySelector('.roomy clipPath')?.id ?? 'none';
    expect(cut.querySelector(`[clip-path="url(#${clip})"]`)).not.toBeNull();
    for (const domain of [
      [2, 1],
      [Number.NaN, 4],
      [0, Infinity],
    ] as const) {
      expect(texts(draw(chartOf([line], { y: { label: 'y', domain } })), '.note')).toEqual([]);
    }
    expect(texts(draw(chartOf([line], { y: { label: 'y', scale: 'log', domain: [0, 9] } })), '.note')).toEqual([]);
  });

  test('the paper’s line is dashed and hollow, in the colour of ours with the same label', () => {
    const document = draw(serverTimes);
    const lines = [...document.querySelectorAll('.roomy .plot g[aria-label=line]')];
    const colours = lines.map(
      (line) => line.getAttribute('stroke') ?? line.querySelector('path')?.getAttribute('stroke'),
    );
    expect(new Set(colours).size).toBe(2);
    expect(colours.slice(2)).toEqual(colours.slice(0, 2));
    expect(lines.map((line) => line.hasAttribute('stroke-dasharray'))).toEqual([false, false, true, true]);
    const fills = [...document.querySelectorAll('.roomy .plot g[aria-label=dot]')].map((dots) =>
      dots.getAttribute('fill'),
    );
    expect(fills.slice(2)).toEqual(['var(--ground)', 'var(--ground)']);
    expect(texts(document, '.slim .legend li')).toContain('30 % dropped, paper');
  });

  test('lines that end apart are labelled at their ends, others in a legend', () => {
    expect(draw(serverTimes).querySelector('.roomy .legend')).toBeNull();
    expect(draw(accuracy).querySelector('.roomy .legend')).toBeNull();
    const close = [1, 1.001, 1.002].map((end) => ({
      label: `ends at ${end}`,
      points: [
        { x: 0, y: 0 },
        { x: 1, y: end },
      ],
    }));
    expect(texts(draw(chartOf(close)), '.roomy .legend li')).toEqual(close.map(({ label }) => label));
    const early = [
      {
        label: 'early',
        points: [
          { x: 0, y: 0 },
          { x: 1, y: 1 },
        ],
      },
      {
        label: 'late',
        points: [
          { x: 0, y: 5 },
          { x: 9, y: 9 },
        ],
      },
    ];
    expect(texts(draw(chartOf(early)), '.roomy .legend li')).toEqual(['early', 'late']);
  });

  test('labels at the ends of lines never overlap', () => {
    const ends = [0, 3, 3.4, 9, 9.3, 9.6].map((end) => ({
      label: `to ${end}`,
      points: [
        { x: 0, y: 5 },
        { x: 1, y: end },
      ],
    }));
    const document = draw(chartOf(ends));
    const ys = [...document.querySelectorAll('.roomy .plot g[aria-label=text]')]
      .filter((group) => group.textContent.startsWith('to '))
      .map((group) => {
        const matches = [group, ...group.querySelectorAll('[transform]')].map(
          (element) => /,([\d.-]+)\)/.exec(element.getAttribute('transform') ?? '')?.[1],
        );
        return matches.reduce((sum, match) => sum + Number(match ?? 0), 0);
      })
      .sort((a, b) => a - b);
    expect(ys).toHaveLength(6);
    for (let index = 1; index < ys.length; index++) expect(ys[index]! - ys[index - 1]!).toBeGreaterThanOrEqual(15.9);
  });

  test('bars of one category stand side by side and begin at zero, and the paper’s dots stand on their bars', () => {
    const document = draw(bars);
    const boxes = [...document.querySelectorAll('.roomy .plot g[aria-label=rect] rect')].map((rect) =>
      ['x', 'y', 'width', 'height'].map((name) => Number(rect.getAttribute(name))),
    );
    expect(boxes).toHaveLength(6);
    expect(new Set(boxes.map(([, y, , height]) => Math.round(y! + height!))).size).toBe(1);
    const sorted = [...boxes].sort((a, b) => a[0]! - b[0]!);
    for (let index = 1; index < sorted.length; index++) {
      expect(sorted[index]![0]).toBeGreaterThan(sorted[index - 1]![0]! + sorted[index - 1]![2]!);
    }
    const [dot] = placeOf(document.querySelector('.roomy .plot g[aria-label=dot] > *')!);
    const [x, , width] = boxes[0] as [number, number, number, number];
    expect(dot).toBeCloseTo(x + width / 2, 0);
  });

  test('a reader who sees no chart is told what it shows', () => {
    const document = draw(accuracy);
    for (const svg of document.querySelectorAll('svg.plot')) {
      expect(svg.getAttribute('role')).toBe('img');
      const [title, description] = ['aria-labelledby', 'aria-describedby'].map(
        (name) => svg.querySelector(`#${svg.getAttribute(name)}`)?.textContent,
      );
      expect(title).toBe('Test accuracy, by Round');
      expect(description).toMatch(
        /θ = 1: 80 points, from [\d.]+ at 1 to [\d.]+ at 80; minimum [\d.]+, maximum [\d.]+\./,
      );
      expect(description).toContain('Level paper, centralised: 0.9917: 0.9917.');
    }
  });

  test('all ticks of a log axis have their words', () => {
    const points = [100, 200, 500, 1000].map((x) => ({ x, y: x }));
    const document = draw(chartOf([{ label: 'a', points }], { x: { label: 'x', scale: 'log' } }));
    expect(texts(document, '.slim g[aria-label="x-axis tick label"] text')).toEqual(['100', '200', '500', '1000']);
  });
});
