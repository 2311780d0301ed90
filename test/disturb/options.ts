import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

/** What the command was told. */
export interface Options {
  readonly rounds: number;
  readonly members: number;
  /** Percent of all steps that are disturbed. */
  readonly share: number;
  readonly seed: number;
  readonly help: boolean;
}

/** How the command is used. */
export const USAGE = `npm run disturb -- [--rounds N] [--members N] [--share PERCENT] [--seed N]

  --rounds N       rounds to commit (200)
  --members N      members, all of whom take part in every round (5)
  --share PERCENT  steps of rounds that are disturbed (20)
  --seed N         seed of what is disturbed when; random if absent
  --help           this text`;

/** A command line that cannot be understood, in one line. */
export class UsageError extends Error {}

function numberFrom(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(`--${name}: expected an integer from ${least} to ${most}, got "${text}"`);
  }
  return value;
}

/** Reads the command line. @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '200' },
        members: { type: 'string', default: '5' },
        share: { type: 'string', default: '20' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (thrown) {
    throw new UsageError((thrown as Error).message.split('\n')[0]);
  }
  const { rounds, members, share, seed, help } = values;
  return {
    rounds: numberFrom('rounds', rounds, 1, 100_000),
    members: numberFrom('members', members, 4, 12),
    share: numberFrom('share', share, 0, 90),
    seed: seed === undefined ? randomInt(2 ** 31) : numberFrom('seed', seed, 0, 2 ** 31 - 1),
    help,
  };
}
