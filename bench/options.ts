import { parseArgs } from 'node:util';
import { didYouMean } from '../protocol/suggest.ts';
import { TABLES, type TableName } from './plan.ts';

/** The command's options. */
export interface Options {
  readonly tables: readonly TableName[];
  readonly quick: boolean;
  readonly help: boolean;
  /** File for the JSON. */
  readonly json: string | undefined;
  /** Folder for the JSON and the chart. */
  readonly out: string | undefined;
}

/** Usage of the command. */
export const USAGE = `npm run bench -- [--only TABLE] [--quick] [--json FILE] [--out DIR]

  --only TABLE   one of ${TABLES.join(', ')}; may be repeated
  --quick        smaller sizes, under a minute in all
  --json FILE    write the numbers as JSON, and growth.svg next to it
  --out DIR      write bench.json and growth.svg into a folder
  --help         this text`;

/** The error for an invalid command line, in one line. */
export class UsageError extends Error {}

const KNOWN = ['only', 'quick', 'json', 'out', 'help'];

/** Reads the command line. @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const { only, quick, json, out, help } = parse(args);
  const tables = only.flatMap((names) => names.split(','));
  for (const name of tables) {
    if (!isTable(name)) {
      throw new UsageError(`there is no table "${name}"; ${didYouMean(name, TABLES)}`);
    }
  }
  return {
    tables: tables.length === 0 ? TABLES : TABLES.filter((name) => tables.includes(name)),
    quick,
    json,
    out,
    help,
  };
}

const isTable = (name: string): name is TableName => (TABLES as readonly string[]).includes(name);

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return { json: undefined, out: undefined, ...values };
  } catch (thrown) {
    const unknown = args.find((arg) => arg.startsWith('--') && !KNOWN.includes(arg.slice(2).split('=')[0]!));
    if (unknown === undefined) throw new UsageError((thrown as Error).message.split('\n')[0]);
    const name = unknown.split('=')[0]!;
    throw new UsageError(
      `unknown option ${name}; ${didYouMean(
        name,
        KNOWN.map((known) => `--${known}`),
      )}`,
    );
  }
}
