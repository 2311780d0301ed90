import { InvalidArgumentError } from 'commander';

const DAY = 86_400;
const SECONDS = { m: 60, h: 3600, d: DAY, w: 7 * DAY, y: 365 * DAY } as const;

/** The last second that a directory's numbers can name. */
const LAST = 0xffff_ffff;

/** When something ends that begins at a second: both since 1970 (UTC). */
export type Term = (now: number) => number;

/** So many days from the beginning on. */
export const days =
  (count: number): Term =>
  (now) =>
    Math.min(LAST, now + count * DAY);

/**
 * A commander parser for how long something holds: a span such as `90d`, in whole minutes, hours, days, weeks or years of
 * 365 days, or a date such as `2027-01-31`, whose last second (UTC) it still holds in.
 */
export function term(text: string): Term {
  const span = /^([1-9]\d{0,5})([mhdwy])$/.exec(text);
  if (span !== null) return days((Number(span[1]) * SECONDS[span[2] as keyof typeof SECONDS]) / DAY);
  const end = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T23:59:59Z`) : NaN;
  // The calendar has no 31st of February, which Date takes for a day of March.
  if (Number.isNaN(end) || new Date(end).toISOString().slice(0, 10) !== text) {
    throw new InvalidArgumentError('expected a number with m, h, d, w or y, such as 90d, or a date such as 2027-01-31');
  }
  if (end <= Date.now()) throw new InvalidArgumentError(`${text} is past`);
  return () => Math.min(LAST, Math.floor(end / 1000));
}

/** How long it is from one second to another, as people say it: `365 days`, and hours or minutes of less than two days. */
export function spanText(from: number, to: number): string {
  const seconds = Math.max(0, to - from);
  const [unit, name] =
    seconds >= 2 * DAY ? [DAY, 'day'] : seconds >= 2 * SECONDS.h ? [SECONDS.h, 'hour'] : [SECONDS.m, 'minute'];
  const count = Math.round(seconds / unit);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
