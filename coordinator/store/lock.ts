import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CairnError } from '../../protocol/errors.ts';
import { lockFile, type LockHolder, unwritable } from '../../platform/index.ts';

/** How often a holder says that it is there. */
const SIGN_MS = 10_000;
/** A holder on another machine or in another container has lost its lock after so long without a sign. */
const STALE_MS = 60_000;
/** Until a start gives up where others take a stale lock over, and do not come to an end. */
const PATIENCE_MS = 90_000;

/**
 * Makes a folder and takes it for this process, by a file `lock` in it: two coordinators with one folder would spend a
 * privacy budget twice and overwrite each other's models. A lock whose process is gone is taken over.
 * @returns gives the folder free; done by itself where the process ends before
 * @throws CairnError `folder-unwritable` where another coordinator has it, or where it cannot be made or written
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
    // What cannot be removed now is removed at the process's end, and is a dead process's afterwards.
    await lock.release().catch(() => false);
  };
}

function taken(folder: string, path: string, by: LockHolder | undefined): CairnError {
  const who = by === undefined ? 'another coordinator' : `the coordinator with process id ${by.pid} on ${by.host}`;
  return new CairnError('folder-unwritable', `${who} keeps its data in ${folder}`, {
    hint: `choose another dataDir, or stop that coordinator; if it is gone, wait ${STALE_MS / 1000} s or delete ${path}`,
  });
}
