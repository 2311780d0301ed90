import { CairnError } from '../../protocol/errors.ts';
import { appendJsonLineDurably, createPrivate, readJsonLines } from '../../platform/index.ts';

/**
 * The record of what was used of a dealer's file, beside it: lines of JSON, of which the first says whose record it is,
 * and each other one that all pieces before an index are used. It is only ever appended to.
 */

/** The first line. */
export interface UsedFor {
  readonly version: 1;
  /** A random id, which the file bears as its mark. Hexadecimal. */
  readonly id: string;
  /** The pair's id, hexadecimal. */
  readonly pair: string;
  readonly side: string;
  /** What the user of the pieces said they serve, for good: null for nothing. */
  readonly model: string | null;
}

/** A line: every piece before `next` is used. */
interface UsedUpTo {
  readonly next: number;
}

/** What a record says. */
export interface Used {
  readonly first: UsedFor;
  /** The first index that was never given. */
  readonly next: number;
}

/** The record's path. */
export function usedPath(path: string): string {
  return `${path}.used`;
}

/**
 * Reads a record.
 * @returns undefined if there is none
 * @throws CairnError `dealt-file` if it is damaged or cannot be read
 */
export async function readUsed(path: string): Promise<Used | undefined> {
  const at = usedPath(path);
  const damaged = (why: string, cause?: unknown): CairnError =>
    new CairnError('dealt-file', `${at}, the record of what was used of ${path}, ${why}`, {
      cause,
      hint: 'what is left of the file cannot be used safely: have the dealer make another pair',
    });
  const lines = await readJsonLines<UsedFor | UsedUpTo>(at, {
    accepts: (value): value is UsedFor | UsedUpTo => isFirst(value) || isUpTo(value),
    refuse: ({ number, cause }) => damaged(`is damaged in line ${number}`, cause),
    unreadable: (cause) => damaged(`cannot be read (${cause.code ?? cause.message})`, cause),
  });
  if (lines.length === 0) return undefined;
  const [first, ...rest] = lines;
  if (!isFirst(first)) throw damaged('does not say whose it is');
  // The maximum and not the last: a process that lost its lock may write late, and then gives nothing.
  const next = rest.reduce((max, line) => {
    if (!isUpTo(line)) throw damaged('says twice whose it is');
    return Math.max(max, line.next);
  }, 0);
  return { first, next };
}

/**
 * Begins a record. It is on the disk when the promise resolves.
 * @throws CairnError `config-invalid` if there is one, `folder-unwritable`
 */
export async function beginUsed(path: string, first: UsedFor): Promise<void> {
  await createPrivate(usedPath(path), `${JSON.stringify(first)}\n`);
}

/**
 * Writes off all pieces before an index. That is on the disk when the promise resolves.
 * @throws CairnError `folder-unwritable`; whether they are written off is then known when the record is read again
 */
export async function writeOff(path: string, next: number): Promise<void> {
  try {
    await appendJsonLineDurably(usedPath(path), { next } satisfies UsedUpTo);
  } catch (cause) {
    throw new CairnError('folder-unwritable', `${usedPath(path)} cannot be written, so nothing was taken`, { cause });
  }
}

function isFirst(value: unknown): value is UsedFor {
  const { version, id, pair, side, model } = (value ?? {}) as Partial<Record<keyof UsedFor, unknown>>;
  const texts = [id, pair, side].every((text) => typeof text === 'string');
  return version === 1 && texts && (model === null || typeof model === 'string');
}

function isUpTo(value: unknown): value is UsedUpTo {
  const { next } = (value ?? {}) as Partial<Record<keyof UsedUpTo, unknown>>;
  return Number.isInteger(next) && (next as number) > 0;
}

/** The error for a record that is an older copy: the file lacks a piece that it does not know of. */
export const olderRecord = (path: string, index: number): CairnError =>
  new CairnError('dealt-file', `piece ${index} of ${path} has been used, and ${usedPath(path)} does not know of it`, {
    hint: 'the record is an older copy: put the newest one back, or have the dealer make another pair',
  });
