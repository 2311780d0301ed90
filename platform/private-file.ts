import { link, open, rename } from 'node:fs/promises';
import { CairnError } from '../protocol/errors.ts';
import { writeAtomically } from './atomic-write.ts';

/** Read and write for the owner, nothing for anybody else; and what everybody may read. */
const PRIVATE = 0o600;
const PUBLIC = 0o644;
const OTHERS = 0o077;

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/**
 * Reads a file that holds a secret.
 * @throws CairnError `key-file-mode` where group or others have any right to it, `config-unreadable`
 */
export async function readPrivate(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      // The mode of what is open, so that the file cannot be exchanged in between.
      const { mode } = await file.stat();
      // Windows has access lists instead, and Node makes up a mode there that says nothing about them.
      if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
        const text = `${path} can be used by others (mode ${(mode & 0o777).toString(8)}), and it holds a secret key`;
        throw new CairnError('key-file-mode', text, {
          hint: `chmod 600 ${path}; if others had access, make a new key`,
        });
      }
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof CairnError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const said = code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read (${code ?? reasonOf(cause)})`;
    throw new CairnError('config-unreadable', said, { cause, hint: 'check the path, and whose file it is' });
  }
}

/**
 * Writes a new file that only its owner can use, whole or not at all. It never replaces one: a key that is lost is an
 * identity that is lost.
 * @throws CairnError `config-invalid` where the file exists, `folder-unwritable` where it cannot be made
 */
export async function createPrivate(path: string, text: string): Promise<void> {
  // A link fails where the name is taken, which a rename would not.
  await writeAtomically(path, text, { mode: PRIVATE, place: link, refuse: refusal(path) });
}

/**
 * Writes a file that only its owner can use, in place of the one before, whole or not at all.
 * @param check called when all is ready, at the last moment at which the file before can be left as it is
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
 * Writes a file that everybody may read, in place of the one before, whole or not at all.
 * @throws CairnError `folder-unwritable`
 */
export async function replacePublic(path: string, content: Uint8Array | string): Promise<void> {
  await writeAtomically(path, content, { mode: PUBLIC, refuse: refusal(path) });
}

/** Makes the error for a file that was not written. */
const refusal =
  (path: string) =>
  (cause: unknown): CairnError =>
    (cause as NodeJS.ErrnoException).code === 'EEXIST'
      ? new CairnError('config-invalid', `${path} exists, and a key is never overwritten`, {
          hint: 'choose another path, or move the file away',
        })
      : new CairnError('folder-unwritable', `${path}: ${reasonOf(cause)}`, { cause });
