import { InvalidArgumentError } from 'commander';

/** A commander parser for integers within bounds. */
export const whole =
  (least: number, most = 0xffff_ffff) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`expected an integer from ${least} to ${most}`);
    return value;
  };

/** A commander parser for positive numbers. */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('expected a number above 0');
  return value;
}

/** A commander parser for a shard: `2/8` is the third of eight. */
export function shard(text: string): { readonly index: number; readonly count: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const parsed = { index: Number(match?.[1]), count: Number(match?.[2]) };
  if (!(parsed.count >= 1 && parsed.index < parsed.count)) {
    throw new InvalidArgumentError('expected INDEX/COUNT with INDEX from 0 to COUNT - 1, such as 0/8');
  }
  return parsed;
}
