import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

/** What the command was told. */
export interface Options {
  /** Seed of the first inputs; each batch behind them has the next one. */
  readonly seed: number;
  /** Inputs over all targets. */
  readonly inputs: number;
  /** Beginnings of the names of targets. */
  readonly targets: readonly string[];
  readonly workers: number;
  /** Where in the first batch a failure lies: that input alone is run. */
  readonly path: string | undefined;
  readonly help: boolean;
}

/** How the command is used. */
export const USAGE = `npm run fuzz -- [--inputs N] [--target NAME] [--seed N] [--path P] [--workers N]

  --inputs N     inputs over all targets, such as 1e6 (the default)
  --target NAME  targets whose names begin so; may be repeated
  --seed N       the seed that a failure named; random if absent
  --path P       the path that a failure named: runs that input alone
  --workers N    processes at a time; as many as there are cores if absent
  --help         this text`;

/** A command line that cannot be understood, in one line. */
export class UsageError extends Error {}

/** Seeds are from 0 to this. */
export const MAX_SEED = 0x7fff_ffff;

function whole(name: string, text: string, least: number, most: number): number {
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
        seed: { type: 'string' },
        inputs: { type: 'string', default: '1e6' },
        target: { type: 'string', multiple: true, default: [] },
        workers: { type: 'string' },
        path: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (thrown) {
    throw new UsageError((thrown as Error).message.split('\n')[0]);
  }
  const { seed, inputs, target, workers, path, help } = values;
  return {
    seed: seed === undefined ? randomInt(MAX_SEED) : whole('seed', seed, 0, MAX_SEED),
    inputs: whole('inputs', inputs, 1, 1e10),
    targets: target,
    workers: workers === undefined ? availableParallelism() : whole('workers', workers, 1, 256),
    path,
    help,
  };
}
