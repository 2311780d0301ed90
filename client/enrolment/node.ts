import { open, type FileHandle } from 'node:fs/promises';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import { type Identity, parseIdentity, unsafeIdentityText } from './identity.ts';

/** Read and write for the owner, nothing for anybody else. */
const PRIVATE = 0o600;
const OTHERS = 0o077;

/**
 * Reads an identity file.
 * @throws CairnError `config-unreadable` where it cannot be read, `config-invalid` for another format, or where group or
 * others have any right to it
 */
export async function readIdentity(path: string): Promise<Identity> {
  return withFile(path, 'r', 'config-unreadable', async (file) => {
    // The mode of what is open, so that the file cannot be exchanged in between.
    const { mode } = await file.stat();
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      throw new CairnError(
        'config-invalid',
        `${path} can be used by others (mode ${(mode & 0o777).toString(8)}), and it holds a secret key`,
        { hint: `chmod 600 ${path}; if others had access, enrol again` },
      );
    }
    return parseIdentity(nodePrimitives, await file.readFile('utf8'));
  });
}

/**
 * Writes an identity file that only its owner can read. It never replaces a file: a seed that is lost is an identity
 * that is lost.
 * @throws CairnError `config-invalid` where the file exists, `folder-unwritable` where it cannot be made
 */
export async function writeIdentity(path: string, identity: Identity): Promise<void> {
  await withFile(path, 'wx', 'folder-unwritable', async (file) => {
    await file.writeFile(unsafeIdentityText(identity));
    await file.sync();
  });
}

async function withFile<T>(
  path: string,
  flags: 'r' | 'wx',
  code: ErrorCode,
  use: (file: FileHandle) => Promise<T>,
): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, flags, PRIVATE);
    return await use(file);
  } catch (cause) {
    if (cause instanceof CairnError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new CairnError('config-invalid', `${path} exists, and an identity is never overwritten`, {
        hint: 'choose another path, or move the file away',
      });
    }
    throw new CairnError(code, `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  } finally {
    await file?.close();
  }
}
