import { toHex } from '../../protocol/crypto/index.ts';
import type { DirectoryEntry, SignedDirectory } from '../../protocol/wire/index.ts';
import { formatSpan } from '../../platform/index.ts';
import { printable } from '../../protocol/printable.ts';

/** A time in seconds since 1970 as a date for users and programs. */
const dateOf = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');

/** An end date, and the time until then. */
export const endOf = (notAfter: number, now: number): string => `${dateOf(notAfter)} (${formatSpan(notAfter - now)})`;

/** A member for `--json`. */
export function memberJson({ member, name, identityKey, notAfter, tasks }: DirectoryEntry): Record<string, unknown> {
  return { member, name, identityKey: toHex(identityKey), expires: dateOf(notAfter), tasks };
}

/** A directory for `--json`. */
export function directoryJson(directory: SignedDirectory, authorityKey: Uint8Array): Record<string, unknown> {
  const { serial, issued, notAfter, entries } = directory;
  return {
    authorityKey: toHex(authorityKey),
    serial,
    issued: dateOf(issued),
    expires: dateOf(notAfter),
    members: [...entries.values()].map(memberJson),
  };
}

/** A directory in one line. */
export function directoryLine({ serial, issued, notAfter, entries }: SignedDirectory, now: number): string {
  const end = now > notAfter ? `EXPIRED ${dateOf(notAfter)}: cairn enrol renew` : `valid until ${endOf(notAfter, now)}`;
  return `directory ${serial} of ${dateOf(issued)}, ${end}; ${entries.size} members`;
}

/** Members as lines of a table: id, name, end, tasks, first digits of the key. */
export function memberLines({ entries }: SignedDirectory, now: number): string[] {
  const rows = [...entries.values()].map(({ member, name, identityKey, notAfter, tasks }) => [
    String(member),
    printable(name),
    now > notAfter ? `expired ${dateOf(notAfter)}` : `until ${endOf(notAfter, now)}`,
    tasks.length === 0 ? 'all tasks' : printable(tasks.join(', ')),
    `${toHex(identityKey).slice(0, 16)}…`,
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}
