const DAY = 86_400;
const SECONDS = { m: 60, h: 3600, d: DAY, w: 7 * DAY, y: 365 * DAY } as const;

/**
 * Seconds of a span such as `90d`: a positive number of whole minutes, hours, days, weeks or years of 365 days.
 * @returns undefined for any other text
 */
export function parseDuration(text: string): number | undefined {
  const span = /^([1-9]\d{0,5})([mhdwy])$/.exec(text);
  return span === null ? undefined : Number(span[1]) * SECONDS[span[2] as keyof typeof SECONDS];
}

/** Seconds of work for display: `40 s`, `3 min`, `2.5 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 360) / 10} h`;
}

/** Seconds of validity for display: `365 days`, or in hours or minutes if it is less than two days. */
export function formatSpan(seconds: number): string {
  const left = Math.max(0, seconds);
  const [unit, name] =
    left >= 2 * DAY ? [DAY, 'day'] : left >= 2 * SECONDS.h ? [SECONDS.h, 'hour'] : [SECONDS.m, 'minute'];
  const count = Math.round(left / unit);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
