import { type Access, parseServer, QueryBudget } from '../../inference/internal.ts';
import { lockFile } from '../../platform/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { membersOf } from './member-directory.ts';
import type { Defer } from './run-service.ts';

/** Who may ask and how much, as the command line has it. */
export interface GateFlags {
  readonly host: string;
  readonly maxQueries?: number;
  readonly maxQueriesPerDay?: number;
  readonly queries?: string;
  readonly directory?: string;
  readonly authorityKey?: string;
  readonly address?: string[];
}

/** Who may ask and how much. */
export interface Gate {
  readonly access: Access;
  readonly budget: QueryBudget;
  /** Addresses that members sign, if the operator has named any. */
  readonly addresses: readonly string[] | undefined;
}

/** Checks what can be checked before files are read. @throws CairnError `usage`, `config-invalid` */
export function checkGate(flags: GateFlags): void {
  const { directory, authorityKey, address, host, queries, maxQueries, maxQueriesPerDay } = flags;
  const usage = (message: string, hint: string): CairnError => new CairnError('usage', message, { hint });
  if ((directory === undefined) !== (authorityKey === undefined)) {
    throw usage('--directory and --authority-key must be used together', 'cairn enrol init has printed the key');
  }
  for (const one of address ?? []) parseServer(one, '--address', true);
  if (directory !== undefined && address === undefined && ['0.0.0.0', '::'].includes(host)) {
    throw usage(
      `members sign the address that they ask, and --host ${host} does not say it`,
      'pass --address with the URL that members type, once for each',
    );
  }
  if (queries !== undefined && maxQueries === undefined && maxQueriesPerDay === undefined) {
    throw usage('--queries keeps account of bounds, and there are none', 'add --max-queries or --max-queries-per-day');
  }
}

/**
 * Opens the account of queries, and the directory of members.
 * @throws CairnError `config-unreadable`, `directory-signature`, `directory-expired`; `config-invalid` if another process
 * keeps account in the same file, since each would count from what the other has not seen
 */
export async function openGate(flags: GateFlags, defer: Defer): Promise<Gate> {
  const { directory, authorityKey, queries, maxQueries: total, maxQueriesPerDay: perDay } = flags;
  if (queries !== undefined) {
    const lock = await lockFile(`${queries}.lock`, {
      wait: false,
      taken: (_, by) =>
        new CairnError('config-invalid', `--queries ${queries}: ${byText(by?.pid)} keeps account there already`, {
          hint: 'give each server a separate file: two that share one would each answer all that is allowed',
        }),
    });
    defer(() => lock.release());
  }
  const members = directory === undefined ? undefined : await membersOf(directory, authorityKey!);
  if (members !== undefined) defer(members.close);
  const limits = { ...(total === undefined ? {} : { total }), ...(perDay === undefined ? {} : { perDay }) };
  return {
    access: members?.access ?? { kind: 'open' },
    budget: await QueryBudget.open(limits, queries),
    addresses: flags.address?.map((text) => parseServer(text, '--address', true).address),
  };
}

const byText = (pid: number | undefined): string =>
  pid === undefined ? 'another process' : `the process with id ${pid}`;

/** One line on how much may be asked. */
export function gateLine({ maxQueries, maxQueriesPerDay, queries, directory }: GateFlags): string {
  const who = directory === undefined ? 'all who ask together' : 'each member';
  const parts = [
    ...(maxQueries === undefined ? [] : [`${maxQueries} rows in all`]),
    ...(maxQueriesPerDay === undefined ? [] : [`${maxQueriesPerDay} within 24 hours`]),
  ];
  const asks = directory === undefined ? 'anyone who reaches this address may ask' : 'members of the directory may ask';
  if (parts.length === 0) return `${asks}, and nothing bounds for how many rows`;
  const kept = queries === undefined ? '; counted until this process ends, with --queries FILE for good' : '';
  return `${asks}: ${who} for ${parts.join(' and ')}${kept}`;
}
