import { mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { CairnError } from '../protocol/errors.ts';

const TEMPORARY = '.part-';

/** Makes a rename or a new file last. Some systems cannot sync folders; there the journal of the file system must do. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    if (code !== 'EINVAL' && code !== 'EPERM' && code !== 'ENOTSUP') throw thrown;
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file so that it is there whole or not at all, whatever moment the machine dies at: temporary file, fsync,
 * rename, fsync of the folder.
 * @throws CairnError `folder-unwritable`
 */
export async function writeAtomically(
  path: string,
  content: Uint8Array | readonly Uint8Array[] | string,
): Promise<void> {
  const temporary = join(dirname(path), `${TEMPORARY}${basename(path)}-${randomUUID()}`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      const parts = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
      for (const part of parts) await handle.writeFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(dirname(path), thrown);
  }
  await syncFolder(dirname(path));
}

/** Removes what a crash left half written. */
async function sweep(folder: string): Promise<void> {
  const names = await readdir(folder);
  await Promise.all(names.filter((name) => name.startsWith(TEMPORARY)).map((name) => unlink(join(folder, name))));
}

/**
 * Makes a folder, proves that it can be written, and removes what an earlier crash left half written.
 * @throws CairnError `folder-unwritable`
 */
export async function openFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await sweep(folder);
    const probe = join(folder, `${TEMPORARY}probe-${randomUUID()}`);
    await (await open(probe, 'wx')).close();
    await unlink(probe);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/** What is said of a folder that cannot be made or written. */
export function unwritable(folder: string, cause: unknown): CairnError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
  return new CairnError('folder-unwritable', `the folder ${folder} cannot be written (${reason})`, { cause });
}
