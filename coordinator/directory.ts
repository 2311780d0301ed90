import { readFile } from 'node:fs/promises';
import { fromHex, type Primitives } from '../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../protocol/errors.ts';
import { directoryAt, openDirectory, type SignedDirectory } from '../protocol/wire/index.ts';
import type { CoordinatorConfig } from './config/index.ts';

/** The member directory: decoded for this side, signed for the clients. */
export interface LoadedDirectory {
  readonly signed: Uint8Array;
  readonly directory: SignedDirectory;
}

/**
 * Reads the member directory and checks that the configured authority has signed it and that it is still valid.
 * @param now seconds since 1970 (UTC)
 * @throws CairnError `config-unreadable`, `directory-signature`, `directory-expired`, naming the file
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
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new CairnError('config-unreadable', `directory: ${config.file} cannot be read (${reason})`, {
      cause,
      hint: 'check the path of the member directory (directory.file), which is relative to the configuration’s folder',
    });
  }
  try {
    const directory = openDirectory(primitives, fromHex(config.authorityKey), signed);
    directoryAt(directory, now);
    return { signed, directory };
  } catch (thrown) {
    throw directoryFault(config.file, asCairnError(thrown));
  }
}

/** A file that is truncated or not a directory is reported as such: it did not come over the wire. */
function directoryFault(file: string, cause: CairnError): CairnError {
  const { code, message } = cause;
  const damaged = code.startsWith('wire-') || code === 'key-duplicate';
  const hint = damaged
    ? 'it is truncated, modified or not a member directory: copy members.directory from the authority’s folder again'
    : code === 'directory-signature'
      ? 'check directory.authorityKey; if it is right, the file is truncated or modified: copy members.directory from the authority’s folder again'
      : cause.hint;
  return new CairnError(damaged ? 'config-unreadable' : code, `directory: ${file}: ${message}`, { hint, cause });
}
