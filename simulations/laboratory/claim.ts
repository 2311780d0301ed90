import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { lockFile, type LockHolder } from '../../platform/index.ts';
import { CairnError } from '../../protocol/errors.ts';

/**
 * Makes a new folder `parent/DATE-name`, followed by a number if that is taken.
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

/** The error for a folder that cannot be made or written. */
export function unwritable(path: string, cause: unknown): CairnError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new CairnError('folder-unwritable', `the run folder ${path} cannot be written (${code})`, { cause });
}

/** How often a run signals that it is alive. */
const SIGN_MS = 10_000;
/** A run on another machine or in another container has lost its folder after so long without a signal. */
const STALE_MS = 300_000;
/** How long a run waits for others that are taking over a stale lock before it gives up. */
const PATIENCE_MS = 330_000;

/**
 * Locks a run's folder for this process, so that no two runs write into it at once. A lock whose process is gone is
 * taken over.
 * @returns releases the folder; this happens by itself if the process ends first
 * @throws CairnError `folder-unwritable` if another run has locked it, or if the lock cannot be written
 */
export async function takeLock(folder: string): Promise<() => Promise<void>> {
  const lock = await lockFile(join(folder, 'lock'), {
    wait: false,
    signMs: SIGN_MS,
    staleMs: STALE_MS,
    patienceMs: PATIENCE_MS,
    // Runs of earlier versions gave no signal, and may be on another machine.
    earlierSigns: false,
    taken: (path, by) => taken(folder, path, by),
    refuse: (cause) => unwritable(folder, cause),
  });
  return async () => {
    // If it cannot be removed now, it is removed at the process's end, and after that it is a dead process's lock.
    await lock.release().catch(() => false);
  };
}

function taken(folder: string, path: string, by: LockHolder | undefined): CairnError {
  const who = by === undefined ? 'another run' : `process ${by.pid} on ${by.host}`;
  return new CairnError('folder-unwritable', `${who} is writing into the run folder ${folder}`, {
    hint: `wait until it has ended, or stop it; if no run is active, delete ${path}`,
  });
}
