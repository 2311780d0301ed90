import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
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
