import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

/** What the command was told. */
export interface Options {
  readonly clients: number;
  readonly minutes: number;
  /** Percent of the clients that are hostile; one at least, unless it is 0. */
  readonly hostile: number;
  readonly seed: number;
  readonly help: boolean;
}

/** How the command is used. */
export const USAGE = `npm run soak -- [--clients N] [--minutes M] [--hostile PERCENT] [--seed N]

  --clients N        clients over real sockets (200)
  --minutes M        how long rounds go on (10)
  --hostile PERCENT  clients that act against the others (5)
  --seed N           seed of who they are and what they do; random if absent
  --help             this text`;

/** A command line that cannot be understood, in one line. */
export class UsageError extends Error {}

function numberFrom(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most)) {
    throw new UsageError(`--${name}: expected a number from ${least} to ${most}, got "${text}"`);
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
        clients: { type: 'string', default: '200' },
        minutes: { type: 'string', default: '10' },
        hostile: { type: 'string', default: '5' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (thrown) {
    throw new UsageError((thrown as Error).message.split('\n')[0]);
  }
  const { clients, minutes, hostile, seed, help } = values;
  return {
    clients: Math.floor(numberFrom('clients', clients, 16, 400)),
    minutes: numberFrom('minutes', minutes, 0.1, 10_000),
    hostile: numberFrom('hostile', hostile, 0, 30),
    seed: seed === undefined ? randomInt(2 ** 31) : Math.floor(numberFrom('seed', seed, 0, 2 ** 31 - 1)),
    help,
  };
}
