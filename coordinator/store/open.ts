import { fileURLToPath } from 'node:url';
import { CairnError } from '../../protocol/errors.ts';
import { FileStore } from './file.ts';
import { MemoryStore } from './memory.ts';
import type { Store } from './types.ts';

/** Where a coordinator keeps its data, as a parsed store URL. */
type StoreLocation = { readonly kind: 'file'; readonly folder: string } | { readonly kind: 'memory' };

/**
 * Parses a store's URL: `file:PATH`, with an absolute path or one relative to the working directory, or `memory:`.
 * `file:///srv/cairn` is `file:/srv/cairn`; without the slashes the path is not percent-decoded.
 * @throws CairnError `config-invalid` for anything else
 */
function parseStoreUrl(url: string): StoreLocation {
  if (url === 'memory:') return { kind: 'memory' };
  if (url.startsWith('file://')) {
    try {
      return { kind: 'file', folder: fileURLToPath(url) };
    } catch (cause) {
      throw refused(url, cause);
    }
  }
  const folder = url.startsWith('file:') ? url.slice('file:'.length) : '';
  // It would lead to an operating system error that names half of the path.
  if (folder === '' || folder.includes('\0')) throw refused(url);
  return { kind: 'file', folder };
}

/** The folder of a store in files; undefined for one in memory. @throws CairnError `config-invalid` as {@link openStore} */
export function storeFolder(url: string): string | undefined {
  const location = parseStoreUrl(url);
  return location.kind === 'file' ? location.folder : undefined;
}

/**
 * Opens a store by its URL: `file:PATH`, with an absolute path or one relative to the working directory, or `memory:`.
 * A folder is locked for this process until the store is closed.
 * @throws CairnError `config-invalid` for any other URL; `folder-unwritable` if another coordinator has the folder, or
 * it cannot be created or written; `config-unreadable` for a damaged one
 */
export async function openStore(url: string): Promise<Store> {
  const location = parseStoreUrl(url);
  return location.kind === 'memory' ? new MemoryStore() : FileStore.openLocked(location.folder);
}

function refused(url: string, cause?: unknown): CairnError {
  // The URL of a database has its password before an @.
  const found = url.includes('@') && !url.startsWith('file:') ? 'another URL' : JSON.stringify(url);
  return new CairnError('config-invalid', `store: expected file:PATH or memory:, but it is ${found}`, {
    hint: 'use a folder, such as file:.cairn/coordinator; data in memory: is lost when the coordinator ends',
    cause,
  });
}
