import { readFile } from 'node:fs/promises';

/**
 * The bytes of a file; undefined if it does not exist.
 * @param refuse makes the error for a file that exists but cannot be read, from Node's own and its code
 * @throws what `refuse` makes
 */
export async function readIfThere(
  path: string,
  refuse: (cause: NodeJS.ErrnoException) => Error,
): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (thrown) {
    const cause = thrown as NodeJS.ErrnoException;
    if (cause.code === 'ENOENT') return undefined;
    throw refuse(cause);
  }
}

/** The same as text. Bytes that are not UTF-8 become replacement characters. */
export async function readTextIfThere(
  path: string,
  refuse: (cause: NodeJS.ErrnoException) => Error,
): Promise<string | undefined> {
  const bytes = await readIfThere(path, refuse);
  return bytes && Buffer.from(bytes).toString('utf8');
}
