import { mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { CairnError } from '../protocol/errors.ts';

const TEMPORARY = '.part-';

/**
 * Makes a rename or a new file durable. Some systems cannot sync folders; there the file system's journal must suffice.
 */
async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open folders, and makes names durable by itself.
  if (process.platform === 'win32') return;
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

/** How a file is written. */
export interface AtomicOptions {
  /** The new file's mode, minus the process's umask. Default: all users may read and write. */
  readonly mode?: number;
  /** Gives the finished temporary file its name. Default: a rename, which replaces the previous file. */
  readonly place?: (temporary: string, path: string) => Promise<void>;
  /** Makes the error from Node's. Default: `folder-unwritable`, naming the file's folder. */
  readonly refuse?: (cause: unknown) => CairnError;
}

/**
 * Writes a file whole or not at all, even if the machine crashes at any moment: temporary file, fsync, rename, fsync of
 * the folder.
 * @param content whole, or in parts that may be made as they are written
 * @throws CairnError what `refuse` makes, by default `folder-unwritable`; and any CairnError that `place` throws, or
 * making the content, unchanged
 */
export async function writeAtomically(
  path: string,
  content: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array> | string,
  options: AtomicOptions = {},
): Promise<void> {
  const folder = dirname(path);
  const { mode = 0o666, place = rename, refuse = (cause: unknown) => unwritable(folder, cause) } = options;
  const temporary = join(folder, `${TEMPORARY}${basename(path)}-${randomUUID()}`);
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      const parts = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
      for await (const part of parts) await handle.writeFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await place(temporary, path);
    await syncFolder(folder);
  } catch (thrown) {
    throw thrown instanceof CairnError ? thrown : refuse(thrown);
  } finally {
    // A renamed file is already gone; a linked or failed one is not.
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Removes half-written files left by a crash. */
async function sweep(folder: string): Promise<void> {
  const names = await readdir(folder);
  await Promise.all(names.filter((name) => name.startsWith(TEMPORARY)).map((name) => unlink(join(folder, name))));
}

/**
 * Creates a folder, checks that it is writable, and removes half-written files left by a crash. The caller ensures that
 * no other process writes into the folder meanwhile.
 * @param refuse makes the error from Node's
 * @throws CairnError what `refuse` makes, by default `folder-unwritable`
 */
export async function openFolder(
  folder: string,
  refuse: (cause: unknown) => CairnError = (cause) => unwritable(folder, cause),
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await sweep(folder);
    const probe = join(folder, `${TEMPORARY}probe-${randomUUID()}`);
    await (await open(probe, 'wx')).close();
    await unlink(probe);
  } catch (cause) {
    throw refuse(cause);
  }
}

/** The error for a folder that cannot be created or written. */
export function unwritable(folder: string, cause: unknown): CairnError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
  const why = reason === 'EEXIST' || reason === 'ENOTDIR' ? `a file is in its place, ${reason}` : reason;
  return new CairnError('folder-unwritable', `the folder ${folder} cannot be written (${why})`, { cause });
}
