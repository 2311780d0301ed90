import { readFile } from 'node:fs/promises';
import { fromHex } from '../protocol/crypto/bytes.ts';
import type { Primitives } from '../protocol/crypto/primitives.ts';
import { asCairnError, CairnError } from '../protocol/errors.ts';
import { openDirectory, type SignedDirectory } from '../protocol/wire/directory.ts';
import { directoryAt } from '../protocol/wire/membership.ts';
import type { CoordinatorConfig } from './config/index.ts';

/** The member directory, opened for this side and signed for the clients. */
export interface LoadedDirectory {
  readonly signed: Uint8Array;
  readonly directory: SignedDirectory;
}

/**
 * Reads the member directory and checks that the configured authority has signed it and that it holds today.
 * @param now seconds since 1970 (UTC)
 * @throws CairnError `config-unreadable`, `directory-signature`, `directory-expired`, `wire-…` naming the file
 */
export async function loadDirectory(
  primitives: Primitives,
  config: NonNullable<CoordinatorConfig['directory']>,
  now: number,
): Promise<LoadedDirectory> {
  let signed: Uint8Array;
  try {
    signed = new Uint8Array(await readFile(config.file));
  } catch (cause) {
    throw new CairnError('config-unreadable', `directory: ${asCairnError(cause).message}`, {
      cause,
      hint: 'check the path of the member directory',
    });
  }
  try {
    const directory = openDirectory(primitives, fromHex(config.authorityKey), signed);
    directoryAt(directory, now);
    return { signed, directory };
  } catch (thrown) {
    const { code, message, hint } = asCairnError(thrown);
    throw new CairnError(code, `directory: ${config.file}: ${message}`, { hint, cause: thrown });
  }
}
