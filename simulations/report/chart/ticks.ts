import { formatNumber } from '../format.ts';

/** Round places on an axis from low to high, at most about `count`; integers only if asked. */
export function linearTicks(low: number, high: number, count: number, whole = false): number[] {
  const step = roundStep((high - low) / Math.max(1, count), whole);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Multiples of a step below one are divisions, since 3 × 0.1 is not 0.3.
  return Array.from({ length: last - first + 1 }, (_, index) =>
    step < 1 ? (first + index) / Math.round(1 / step) : (first + index) * step,
  );
}

/** The least of 1, 2 and 5 times a power of ten that is not below `least`. */
export function roundStep(least: number, whole = false): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= least * (1 - 1e-9)) ?? 10;
  const step = factor * power;
  return whole ? Math.max(1, Math.round(step)) : step;
}

/** Powers of ten from low to high; the steps 2 and 5 too where there are few, and only some powers where there are many. */
export function logTicks(low: number, high: number, count: number): number[] {
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

/** Words for the ticks of a linear axis: all with the digits behind the point that the finest needs. */
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
