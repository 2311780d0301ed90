import { readFile } from 'node:fs/promises';

/**
 * The bytes of a file; undefined if there is no file of that name.
 * @param refuse makes the error for a file that is there and cannot be read, from Node's own and its code
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
