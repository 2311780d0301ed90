import { type FileHandle, link, open, rename } from 'node:fs/promises';
import { CairnError } from '../protocol/errors.ts';
import { writeAtomically } from './atomic-write.ts';

/** Read and write for the owner only; and files that all users may read. */
const PRIVATE = 0o600;
const PUBLIC = 0o644;
const OTHERS = 0o077;

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/**
 * Opens a file that contains a secret; the caller closes it.
 * @param flags as Node's: `r`, or `r+` to write into it as well
 * @throws CairnError `key-file-mode` if group or others have any permission on it, `config-unreadable`
 */
export async function openPrivate(path: string, flags: 'r' | 'r+'): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, flags);
    // The mode of the open file, so that it cannot be swapped in between.
    const { mode } = await file.stat();
    // Windows uses access control lists, about which the mode that Node makes up there says nothing.
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      const text = `${path} is accessible to other users (mode ${(mode & 0o777).toString(8)}), as no file with a secret key may be`;
      throw new CairnError('key-file-mode', text, {
        hint: `check that it is the file you mean; then chmod 600 ${path}, and if others had access, create a new key`,
      });
    }
    return file;
  } catch (cause) {
    await file?.close();
    throw cause instanceof CairnError ? cause : unreadable(path, cause);
  }
}

/**
 * Reads a file that contains a secret.
 * @throws CairnError `key-file-mode` if group or others have any permission on it, `config-unreadable`
 */
export async function readPrivate(path: string): Promise<string> {
  const file = await openPrivate(path, 'r');
  try {
    return await file.readFile('utf8');
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    await file.close();
  }
}

function unreadable(path: string, cause: unknown): CairnError {
  const { code } = cause as NodeJS.ErrnoException;
  const said =
    code === 'ENOENT' ? `file ${path} does not exist` : `${path} cannot be read (${code ?? reasonOf(cause)})`;
  return new CairnError('config-unreadable', said, { cause, hint: 'check the path, and the file’s owner' });
}

/**
 * Writes a new file that only its owner can use, whole or not at all. It never replaces one: a lost key is a lost
 * identity.
 * @throws CairnError `config-invalid` if the file exists, `folder-unwritable` if it cannot be created
 */
export async function createPrivate(path: string, content: string | Uint8Array): Promise<void> {
  // A link fails if the name is taken, unlike a rename.
  await writeAtomically(path, content, { mode: PRIVATE, place: link, refuse: refusal(path) });
}

/**
 * Writes a file that only its owner can use, replacing the previous one, whole or not at all.
 * @param check called when all is ready, at the last moment at which the previous file can be left unchanged
 * @throws CairnError `folder-unwritable`, and what `check` throws
 */
export async function replacePrivate(
  path: string,
  text: string,
  check: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const place = async (temporary: string): Promise<void> => {
    await check();
    await rename(temporary, path);
  };
  await writeAtomically(path, text, { mode: PRIVATE, place, refuse: refusal(path) });
}

/**
 * Writes a file that all users may read, replacing the previous one, whole or not at all.
 * @throws CairnError `folder-unwritable`
 */
export async function replacePublic(path: string, content: Uint8Array | string): Promise<void> {
  await writeAtomically(path, content, { mode: PUBLIC, refuse: refusal(path) });
}

/** Makes the error for a file that could not be written. */
const refusal =
  (path: string) =>
  (cause: unknown): CairnError =>
    (cause as NodeJS.ErrnoException).code === 'EEXIST'
      ? new CairnError('config-invalid', `${path} exists already, and a file with a secret is never overwritten`, {
          hint: 'choose another path, or move the file away',
        })
      : new CairnError('folder-unwritable', `${path}: ${reasonOf(cause)}`, { cause });
