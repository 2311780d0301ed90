import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { lockFile, type LockHolder } from '../../platform/index.ts';
import { CairnError } from '../../protocol/errors.ts';

/**
 * Makes a new folder `parent/DATE-name`; where that is taken, with a number behind it.
 * @returns its path
 * @throws CairnError `folder-unwritable`
 */
export async function newFolder(parent: string, name: string): Promise<string> {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const base = resolve(parent, `${stamp}-${name}`);
  try {
    await mkdir(parent, { recursive: true });
    for (let i = 1; ; i++) {
      const path = i === 1 ? base : `${base}-${i}`;
      try {
        await mkdir(path);
        return path;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  } catch (cause) {
    throw unwritable(base, cause);
  }
}

/** What is said of a folder that cannot be made or written. */
export function unwritable(path: string, cause: unknown): CairnError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new CairnError('folder-unwritable', `the run folder ${path} cannot be written (${code})`, { cause });
}

/** How often a run says that it is there. */
const SIGN_MS = 10_000;
/** A run on another machine or in another container has lost its folder after so long without a sign. */
const STALE_MS = 300_000;
/** Until a run gives up where others take a stale lock over, and do not come to an end. */
const PATIENCE_MS = 330_000;

/**
 * Takes a run's folder for this process, so that no two runs write into it at once. A lock whose process is gone is
 * taken over.
 * @returns gives the folder free; done by itself where the process ends before
 * @throws CairnError `folder-unwritable` where another run has it, or where the lock cannot be written
 */
export async function takeLock(folder: string): Promise<() => Promise<void>> {
  const lock = await lockFile(join(folder, 'lock'), {
    wait: false,
    signMs: SIGN_MS,
    staleMs: STALE_MS,
    patienceMs: PATIENCE_MS,
    // Runs of earlier versions gave none, and may be on another machine.
    earlierSigns: false,
    taken: (path, by) => taken(folder, path, by),
    refuse: (cause) => unwritable(folder, cause),
  });
  return async () => {
    // What cannot be removed now is removed at the process's end, and is a dead process's afterwards.
    await lock.release().catch(() => false);
  };
}

function taken(folder: string, path: string, by: LockHolder | undefined): CairnError {
  const who = by === undefined ? 'another run' : `process ${by.pid} on ${by.host}`;
  return new CairnError('folder-unwritable', `${who} is writing into the run folder ${folder}`, {
    hint: `wait until it has ended, or stop it; if no run is under way, delete ${path}`,
  });
}
