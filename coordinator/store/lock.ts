import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { randomUUID } from 'node:crypto';
import { CairnError } from '../../protocol/errors.ts';
import { unwritable } from '../../platform/index.ts';

/** How often a holder says that it is there. */
const SIGN_MS = 10_000;
/** A lock without a sign for so long has lost its holder, whatever machine or container that ran on. */
const STALE_MS = 60_000;

/** Locks that this process holds or is taking: a process id alone may come back, as it does in containers. */
const held = new Set<string>();

/** What a lock file says. */
interface Holder {
  readonly pid: number;
  readonly host: string;
}

/**
 * Makes a folder and takes it for this process, by a file `lock` in it: two coordinators with one folder would spend a
 * privacy budget twice and overwrite each other's models. A lock whose process is gone is taken over.
 * @returns gives the folder free; done by itself where the process ends before
 * @throws CairnError `folder-unwritable` where another coordinator has it, or where it cannot be made or written
 */
export async function takeLock(folder: string): Promise<() => Promise<void>> {
  const path = resolve(folder, 'lock');
  if (held.has(path)) throw taken(folder, path, mine());
  held.add(path);
  try {
    await mkdir(folder, { recursive: true });
    while (!(await make(path))) await removeStale(folder, path);
  } catch (thrown) {
    held.delete(path);
    throw thrown instanceof CairnError ? thrown : unwritable(folder, thrown);
  }
  const sign = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), SIGN_MS).unref();
  const atExit = (): void => rmSync(path, { force: true });
  process.once('exit', atExit);
  let released = false;
  return async () => {
    if (released) return;
    released = true;
    clearInterval(sign);
    process.off('exit', atExit);
    await rm(path, { force: true });
    held.delete(path);
  };
}

const mine = (): string => JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder);

/** False where there is a lock already. */
async function make(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(mine()).finally(() => file.close());
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

/** @throws CairnError `folder-unwritable` where the lock is not stale */
async function removeStale(folder: string, path: string): Promise<void> {
  const found = await look(path);
  if (found === undefined) return;
  if (!isStale(found)) throw taken(folder, path, found.text);
  // Of two that find the same stale lock, one must not remove what the other has put in its place.
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return;
    throw thrown;
  }
  const moved = await look(aside);
  if (moved !== undefined && !isStale(moved)) {
    await rename(aside, path);
    throw taken(folder, path, moved.text);
  }
  await rm(aside, { force: true });
}

async function look(path: string): Promise<{ readonly text: string; readonly age: number } | undefined> {
  try {
    const { mtimeMs } = await stat(path);
    return { text: await readFile(path, 'utf8'), age: Date.now() - mtimeMs };
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

function isStale({ text, age }: { readonly text: string; readonly age: number }): boolean {
  if (age > STALE_MS) return true;
  const holder = holderOf(text);
  if (holder?.host !== hostname()) return false;
  // This process would know of it.
  if (holder.pid === process.pid) return true;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (thrown) {
    // Anything else, such as EPERM, is said of a process that is there.
    return codeOf(thrown) === 'ESRCH';
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

function taken(folder: string, path: string, text: string): CairnError {
  const holder = holderOf(text);
  const who =
    holder === undefined ? 'another coordinator' : `the coordinator with process id ${holder.pid} on ${holder.host}`;
  return new CairnError('folder-unwritable', `${who} keeps its data in ${folder}`, {
    hint: `choose another dataDir, or stop that coordinator; if it is gone, wait ${STALE_MS / 1000} s or delete ${path}`,
  });
}

const codeOf = (thrown: unknown): string | undefined => (thrown as NodeJS.ErrnoException).code;
