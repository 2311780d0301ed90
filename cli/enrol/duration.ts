import { InvalidArgumentError } from 'commander';

const SECONDS = { m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 } as const;

/** A commander parser for spans of time, such as `90d`: whole minutes, hours, days, weeks or years of 365 days, in seconds. */
export function duration(text: string): number {
  const match = /^([1-9]\d{0,5})([mhdwy])$/.exec(text);
  if (match === null) throw new InvalidArgumentError('expected a number with m, h, d, w or y, such as 90d');
  return Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
}
