import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CairnError } from '../../protocol/errors.ts';
import { lockFile, type LockHolder, unwritable } from '../../platform/index.ts';

/** How often a holder renews its lock. */
const SIGN_MS = 10_000;
/** A holder on another machine or in another container loses its lock after this time without a renewal. */
const STALE_MS = 60_000;
/** Time after which a start gives up if other processes keep taking over a stale lock. */
const PATIENCE_MS = 90_000;

/**
 * Creates a folder and locks it for this process, with a file `lock` in it: two coordinators with one folder would
 * spend a privacy budget twice and overwrite each other's models. The lock of a dead process is taken over.
 * @returns a function that releases the folder, which also happens when the process ends
 * @throws CairnError `folder-unwritable` if another coordinator has it, or if it cannot be created or written
 */
export async function takeLock(folder: string): Promise<() => Promise<void>> {
  const refuse = (cause: unknown): CairnError => unwritable(folder, cause);
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw refuse(cause);
  }
  const lock = await lockFile(resolve(folder, 'lock'), {
    wait: false,
    signMs: SIGN_MS,
    staleMs: STALE_MS,
    patienceMs: PATIENCE_MS,
    taken: (path, by) => taken(folder, path, by),
    refuse,
  });
  return async () => {
    // A lock that cannot be removed now is removed when the process ends, or then counts as a dead process's.
    await lock.release().catch(() => false);
  };
}

function taken(folder: string, path: string, by: LockHolder | undefined): CairnError {
  const who = by === undefined ? 'another coordinator' : `the coordinator with process id ${by.pid} on ${by.host}`;
  return new CairnError('folder-unwritable', `${who} keeps its data in ${folder}`, {
    hint: `choose another dataDir (or --store), or stop that coordinator; if it is gone, wait ${STALE_MS / 1000} s or delete ${path}`,
  });
}
