import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { CairnError } from '../../protocol/errors.ts';
import { unwritable } from './new-folder.ts';

/** Locks that this process holds: a process id alone may come back, as it does in containers. */
const held = new Set<string>();

/** What a lock file says. */
interface Holder {
  readonly pid: number;
  readonly host: string;
}

/**
 * Takes a run's folder for this process, so that no two runs write into it at once. A lock whose process is gone is
 * taken over.
 * @returns gives the folder free; done by itself where the process ends before
 * @throws CairnError `folder-unwritable` where another run has it, or where the lock cannot be written
 */
export function takeLock(folder: string): () => void {
  const path = join(folder, 'lock');
  const mine = JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder);
  for (;;) {
    try {
      writeFileSync(path, mine, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(folder, error);
      removeStale(folder, path);
    }
  }
  held.add(path);
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    process.off('exit', release);
    held.delete(path);
    rmSync(path, { force: true });
  };
  process.on('exit', release);
  return release;
}

/** @throws CairnError `folder-unwritable` where the lock is not stale */
function removeStale(folder: string, path: string): void {
  const text = read(path);
  if (text === undefined) return;
  if (!isStale(text, path)) throw taken(folder, path, text);
  // Of two runs that find the same stale lock, one must not remove what the other has put in its place.
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw unwritable(folder, error);
  }
  const moved = read(aside);
  if (moved !== undefined && moved !== text) {
    renameSync(aside, path);
    throw taken(folder, path, moved);
  }
  rmSync(aside, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function holderOf(text: string): Holder | undefined {
  try {
    const { pid, host } = JSON.parse(text) as Partial<Holder>;
    return Number.isInteger(pid) && typeof host === 'string' ? { pid: pid!, host } : undefined;
  } catch {
    // It is being written, or its writer was stopped half way.
    return undefined;
  }
}

/** Of a process on another machine, or where the file cannot be understood, nobody can say that it is gone. */
function isStale(text: string, path: string): boolean {
  const holder = holderOf(text);
  if (holder?.host !== hostname()) return false;
  if (holder.pid === process.pid) return !held.has(path);
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    // Anything else, such as EPERM, is said of a process that is there.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function taken(folder: string, path: string, text: string): CairnError {
  const holder = holderOf(text);
  const who = holder === undefined ? 'another run' : `process ${holder.pid} on ${holder.host}`;
  return new CairnError('folder-unwritable', `${who} is writing into the run folder ${folder}`, {
    hint: `wait until it has ended, or stop it; if no run is under way, delete ${path}`,
  });
}
