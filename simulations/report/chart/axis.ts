import { formatNumber } from '../format.ts';
import { linearTicks, logTicks, roundStep, tickFormat } from './ticks.ts';

/** An axis with its ends and its ticks. */
export interface DrawnAxis {
  readonly type: 'linear' | 'log';
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}

/** What an axis is made from. */
export interface AxisNeeds {
  readonly type: 'linear' | 'log';
  /** Ends that the block asks for. */
  readonly asked?: readonly [number, number];
  /** All that must find room. At least one; above zero on a log axis. */
  readonly values: readonly number[];
  /** Whether bars stand on it: zero belongs to it, or on a log axis room below the least. */
  readonly bars: boolean;
  /** About how many ticks have room. */
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

/** The greatest of 1, 2 and 5 times a power of ten that is not above a value. */
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
  // Axes whose values come near to zero begin there; others would pretend to a precision that is not theirs.
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
