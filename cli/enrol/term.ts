import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../platform/index.ts';

const DAY = 86_400;

/** The last second that a directory's fields can hold. */
const LAST = 0xffff_ffff;

/** Maps a start to an end, both in seconds since 1970 (UTC). */
export type Term = (now: number) => number;

/** That many days from the start. */
export const days =
  (count: number): Term =>
  (now) =>
    Math.min(LAST, now + count * DAY);

/**
 * A commander parser for how long something is valid: a span such as `90d`, in whole minutes, hours, days, weeks or
 * years of 365 days, or a date such as `2027-01-31`, whose last second (UTC) still counts.
 */
export function term(text: string): Term {
  const span = parseDuration(text);
  if (span !== undefined) return days(span / DAY);
  const end = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T23:59:59Z`) : NaN;
  // The calendar has no 31st of February, which Date turns into a day of March.
  if (Number.isNaN(end) || new Date(end).toISOString().slice(0, 10) !== text) {
    throw new InvalidArgumentError('expected a number with m, h, d, w or y, such as 90d, or a date such as 2027-01-31');
  }
  if (end <= Date.now()) throw new InvalidArgumentError(`${text} is in the past`);
  return () => Math.min(LAST, Math.floor(end / 1000));
}
