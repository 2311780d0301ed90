import type { Scalar } from './rows.ts';

const THIN = '\u202f';
const MINUS = '\u2212';
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** Shown for a missing value. */
const NOTHING = '–';

/** Groups of three digits from five digits on, as is usual in tables. */
function grouped(digits: string): string {
  const point = digits.indexOf('.');
  const whole = point < 0 ? digits : digits.slice(0, point);
  return whole.length <= 4 ? digits : whole.replace(/\B(?=(\d{3})+$)/g, THIN) + digits.slice(whole.length);
}

function superscript(exponent: number): string {
  const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)]!);
  return exponent < 0 ? `⁻${digits}` : digits;
}

/** A positive number as a power of ten: 2.5 × 10⁻⁶, or just 10⁶. */
function scientific(value: number): string {
  const [mantissa, exponent] = value.toExponential(2).split('e');
  const shown = mantissa!.replace(/\.?0+$/, '');
  const power = `10${superscript(Number(exponent))}`;
  return shown === '1' ? power : `${shown}${THIN}×${THIN}${power}`;
}

/**
 * A number for people: thin spaces between thousands, a true minus sign, and six significant digits unless `digits`
 * gives the number of decimal places. Very small or large numbers become powers of ten.
 */
export function formatNumber(value: number, digits?: number): string {
  if (!Number.isFinite(value)) return NOTHING;
  const size = Math.abs(value);
  let text: string;
  if (digits !== undefined) text = grouped(size.toFixed(digits));
  else if (size !== 0 && (size < 1e-4 || size >= 1e15)) text = scientific(size);
  else text = grouped(Number.isInteger(size) ? String(size) : String(Number(size.toPrecision(6))));
  const isZero = /^[0.]*$/.test(text);
  return value < 0 && !isZero ? MINUS + text : text;
}

/** A share as per cent: 0.1234 as 12.3 %. */
export function formatPercent(share: number, digits = 1): string {
  return Number.isFinite(share) ? `${formatNumber(share * 100, digits)}${THIN}%` : NOTHING;
}

/** Any value of a row, formatted for people; null is a dash. */
export function formatScalar(value: Scalar | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value;
}
