import type { BlockOf } from '../blocks.ts';
import { formatNumber } from '../format.ts';
import type { Drawing } from './drawing.ts';

/** What a chart shows, in words: how many points each line has, from where to where it runs, and the levels. */
export function describe(chart: BlockOf<'chart'>, drawing: Drawing): { title: string; description: string } {
  const lines = drawing.lines.map(({ label, points, style, look }) => {
    const first = points[0]!;
    const last = points[points.length - 1]!;
    const ys = points.map(({ y }) => y).sort((a, b) => a - b);
    const who = look.paper && !/paper/i.test(label) ? `${label} (paper)` : label;
    const at = `${formatNumber(first.y)} at ${first.at}`;
    if (points.length === 1) return `${who}: ${at}.`;
    const range = `least ${formatNumber(ys[0]!)}, greatest ${formatNumber(ys[ys.length - 1]!)}`;
    const many = `${points.length} ${style === 'bars' ? 'bars' : 'points'}`;
    return `${who}: ${many}, from ${at} to ${formatNumber(last.y)} at ${last.at}; ${range}.`;
  });
  const levels = drawing.levels.map(({ label, y }) => `Level ${label}: ${formatNumber(y)}.`);
  return { title: `${chart.y.label}, by ${chart.x.label}`, description: [...lines, ...levels].join(' ') };
}
