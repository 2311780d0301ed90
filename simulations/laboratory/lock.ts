import { join } from 'node:path';
import { CairnError } from '../../protocol/errors.ts';
import { lockFile, type LockHolder } from '../../platform/index.ts';
import { unwritable } from './new-folder.ts';

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
