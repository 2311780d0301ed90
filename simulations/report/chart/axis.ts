import { formatNumber } from '../format.ts';

/** Round values on an axis from low to high, about `count` at most; only integers on request. */
function linearTicks(low: number, high: number, count: number, whole = false): number[] {
  const step = roundStep((high - low) / Math.max(1, count), whole);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Multiples of a step below one are divisions, since 3 × 0.1 is not 0.3.
  return Array.from({ length: last - first + 1 }, (_, index) =>
    step < 1 ? (first + index) / Math.round(1 / step) : (first + index) * step,
  );
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below `least`. */
function roundStep(least: number, whole = false): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= least * (1 - 1e-9)) ?? 10;
  const step = factor * power;
  return whole ? Math.max(1, Math.round(step)) : step;
}

/** Powers of ten from low to high; the steps 2 and 5 too if there are few, and only some powers if there are many. */
function logTicks(low: number, high: number, count: number): number[] {
  const from = Math.floor(Math.log10(low) + 1e-9);
  const to = Math.ceil(Math.log10(high) - 1e-9);
  const within = (value: number) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9);
  const decades = to - from;
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    if (steps.length > 1 && decades * steps.length > count) continue;
    const every = steps.length > 1 ? 1 : Math.max(1, Math.ceil(decades / Math.max(1, count)));
    const ticks: number[] = [];
    for (let exponent = from; exponent <= to; exponent += every) {
      ticks.push(...steps.map((step) => Number(`${step}e${exponent}`)).filter(within));
    }
    if (ticks.length >= 2) return ticks;
  }
  return linearTicks(low, high, count);
}

/** Tick labels of a linear axis: all with the decimal places that the finest needs. */
export function tickFormat(ticks: readonly number[]): (value: number) => string {
  const largest = Math.max(...ticks.map(Math.abs));
  if (largest !== 0 && (largest >= 1e9 || largest < 1e-4)) return (value) => formatNumber(value);
  const digits = Math.max(0, ...ticks.map(digitsBehindPoint));
  return (value) => formatNumber(value, Math.min(digits, 6));
}

function digitsBehindPoint(value: number): number {
  const fraction = String(Number(value.toPrecision(8))).split('.')[1];
  return fraction === undefined || fraction.includes('e') ? 0 : fraction.length;
}

/** An axis with its ends and its ticks. */
export interface DrawnAxis {
  readonly type: 'linear' | 'log';
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}

/** The input for an axis. */
interface AxisNeeds {
  readonly type: 'linear' | 'log';
  /** Ends requested by the block. */
  readonly asked?: readonly [number, number];
  /** All values that must fit. At least one; above zero on a log axis. */
  readonly values: readonly number[];
  /** Whether it carries bars: then it includes zero, or on a log axis space below the smallest value. */
  readonly bars: boolean;
  /** About how many ticks fit. */
  readonly count: number;
  /** Whether the ends are moved outwards to round numbers. */
  readonly round: boolean;
}

/** Chooses the ends and the ticks of an axis. */
export function createAxis(needs: AxisNeeds): DrawnAxis {
  const { type, count } = needs;
  const domain = askedDomain(needs) ?? (type === 'log' ? logDomain(needs) : linearDomain(needs));
  if (type === 'log') {
    return { type, domain, ticks: logTicks(...domain, count), format: (value) => formatNumber(value) };
  }
  const ticks = linearTicks(...domain, count, needs.values.every(Number.isInteger) && !needs.round);
  return { type, domain, ticks, format: tickFormat(ticks) };
}

/** Where a value lies on an axis: 0 at its low end, 1 at its high end. */
export function share(axis: DrawnAxis, value: number): number {
  const [low, high] = axis.domain;
  return axis.type === 'log' ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

function askedDomain({ type, asked }: AxisNeeds): readonly [number, number] | undefined {
  if (asked === undefined) return undefined;
  const possible = asked.every(Number.isFinite) && asked[0] < asked[1] && (type === 'linear' || asked[0] > 0);
  return possible ? asked : undefined;
}

function extent(values: readonly number[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** The largest of 1, 2 and 5 times a power of ten that is not above a value. */
function roundBelow(value: number): number {
  return 1 / roundStep(1 / value);
}

function logDomain({ values, bars, round }: AxisNeeds): readonly [number, number] {
  const [low, high] = extent(values);
  if (bars) return [10 ** (Math.ceil(Math.log10(low)) - 1), high * 1.25];
  if (low === high) return [low / 2, high * 2];
  return round ? [roundBelow(low), roundStep(high)] : [low, high];
}

function linearDomain({ values, bars, count, round }: AxisNeeds): readonly [number, number] {
  let [low, high] = extent(values);
  // Axes whose values come near zero begin there; otherwise they would suggest a precision they do not have.
  if (bars || (round && low > 0 && low < 0.3 * high)) low = Math.min(0, low);
  if (bars) high = Math.max(0, high);
  if (low === high) {
    const half = low === 0 ? 0.5 : Math.abs(low) * (round ? 0.1 : 0.5);
    return [low - half, high + half];
  }
  if (!round) return [low, high];
  const step = roundStep((high - low) / count);
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
}
