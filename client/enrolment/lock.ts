import { link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CairnError } from '../../protocol/errors.ts';

/** A lock is held while a small file is read and replaced. One that is this old has lost its holder. */
const STALE_MS = 10_000;
const PATIENCE_MS = 15_000;
const RETRY_MS = 10;

const codeOf = (thrown: unknown): string | undefined => (thrown as NodeJS.ErrnoException).code;

/**
 * Does work on a file while no other process does work on it under the same lock, which is a file beside it.
 * @throws CairnError `folder-unwritable` where the lock cannot be made, or somebody keeps it; and what the work throws
 */
export async function locked<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const lock = `${path}.lock`;
  await take(lock);
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      const file = await open(lock, 'wx', 0o600);
      await file.writeFile(randomUUID()).finally(() => file.close());
      return;
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST') {
        throw new CairnError('folder-unwritable', `${lock}: ${(cause as Error).message}`, { cause });
      }
    }
    await removeStale(lock);
    if (Date.now() > end) {
      throw new CairnError('folder-unwritable', `${lock} is held by another process`, {
        hint: 'stop the other client with this identity; if there is none, delete the file',
      });
    }
    await sleep(RETRY_MS);
  }
}

/** Of two that find the same stale lock, one must not remove what the other has put in its place. */
async function removeStale(lock: string): Promise<void> {
  const text = await readIfThere(lock);
  const made = await stat(lock).then(
    ({ mtimeMs }) => mtimeMs,
    () => Infinity,
  );
  if (text === undefined || Date.now() - made <= STALE_MS) return;
  const aside = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  if ((await readIfThere(aside)) !== text) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}

const readIfThere = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);
