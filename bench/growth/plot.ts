import type { Growth } from '../schema.ts';

const WIDTH = 460;
const HEIGHT = 380;
const MARGIN = { left: 70, right: 20, top: 50, bottom: 110 };
const COLOURS = ['#1f6f8b', '#c0562f', '#4a7c3a', '#7b4b94'];

/** A self-contained chart of all fits: one panel for n and one for d, both axes logarithmic. */
export function growthPlot(fits: readonly Growth[]): string {
  const panels = (['n', 'd'] as const).map((variable, i) => {
    const shown = fits.filter((fit) => fit.in === variable);
    return `<g transform="translate(${i * WIDTH} 0)">${shown.length === 0 ? '' : panel(variable, shown)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${2 * WIDTH}" height="${HEIGHT}" fill="white"/>`,
    ...panels,
    '</svg>\n',
  ].join('\n');
}

/** Whole powers of ten around some values. */
function decades(values: readonly number[]): number[] {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}

function scale(ticks: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [Math.log10(ticks[0]!), Math.log10(ticks[ticks.length - 1]!)];
  return (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
}

function panel(variable: 'n' | 'd', fits: readonly Growth[]): string {
  const points = fits.flatMap((fit) => fit.points);
  const xTicks = decades(points.map(({ x }) => x));
  const yTicks = decades(points.map(({ ms }) => ms));
  const x = scale(xTicks, MARGIN.left, WIDTH - MARGIN.right);
  const y = scale(yTicks, HEIGHT - MARGIN.bottom, MARGIN.top);
  const title = variable === 'n' ? 'members' : 'coordinates';
  return [
    `<text x="${WIDTH / 2}" y="24" text-anchor="middle" font-size="14">ms against ${variable} (${title})</text>`,
    ...xTicks.map((tick) => xLine(x(tick), tick)),
    ...yTicks.map((tick) => yLine(y(tick), tick)),
    ...fits.map((fit, i) => series(fit, COLOURS[i % COLOURS.length]!, x, y)),
    ...fits.map((fit, i) => legend(fit, COLOURS[i % COLOURS.length]!, HEIGHT - MARGIN.bottom + 40 + 16 * i)),
  ].join('\n');
}

function xLine(x: number, tick: number): string {
  const bottom = HEIGHT - MARGIN.bottom;
  return (
    line(x, MARGIN.top, x, bottom, '#ddd') + `<text x="${at(x)}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`
  );
}

function yLine(y: number, tick: number): string {
  return (
    line(MARGIN.left, y, WIDTH - MARGIN.right, y, '#ddd') +
    `<text x="${MARGIN.left - 6}" y="${at(y + 4)}" text-anchor="end">${tick}</text>`
  );
}

function series(fit: Growth, colour: string, x: (value: number) => number, y: (value: number) => number): string {
  const law = (value: number): number => y(fit.factor * value ** fit.exponent);
  const xs = fit.points.map((point) => point.x);
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const dots = fit.points.map(
    (point) => `<circle cx="${at(x(point.x))}" cy="${at(y(point.ms))}" r="4" fill="${colour}"/>`,
  );
  return line(x(first), law(first), x(last), law(last), colour) + dots.join('');
}

function legend({ party, graph, exponent, in: variable }: Growth, colour: string, y: number): string {
  const text = `${party}, ${graph}: ${variable}^${exponent.toFixed(2)}`;
  return `<circle cx="${MARGIN.left}" cy="${y - 4}" r="4" fill="${colour}"/><text x="${MARGIN.left + 10}" y="${y}">${text}</text>`;
}

const at = (value: number): string => value.toFixed(1);

const line = (x1: number, y1: number, x2: number, y2: number, colour: string): string =>
  `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="${colour}"/>`;
