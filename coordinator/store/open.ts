import { fileURLToPath } from 'node:url';
import { CairnError } from '../../protocol/errors.ts';
import { FileStore } from './file.ts';
import { MemoryStore } from './memory.ts';
import type { Store } from './types.ts';

/** What a coordinator keeps its data in, as a parsed store URL. */
type StoreLocation = { readonly kind: 'file'; readonly folder: string } | { readonly kind: 'memory' };

/**
 * Reads a store's URL: `file:PATH`, with an absolute path or one that counts from the working directory, or `memory:`.
 * `file:///srv/cairn` is `file:/srv/cairn`; without the slashes nothing of the path is decoded.
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
  // It would end in an error of the operating system that names half of the path.
  if (folder === '' || folder.includes('\0')) throw refused(url);
  return { kind: 'file', folder };
}

/** The folder of a store in files; undefined for one in memory. @throws CairnError `config-invalid` as {@link openStore} */
export function storeFolder(url: string): string | undefined {
  const location = parseStoreUrl(url);
  return location.kind === 'file' ? location.folder : undefined;
}

/**
 * Opens a store by its URL: `file:PATH`, with an absolute path or one that counts from the working directory, or `memory:`. A folder is this process's until the store is closed.
 * @throws CairnError `config-invalid` for a URL of no store; `folder-unwritable` if another coordinator has the folder,
 * or it cannot be made or written; `config-unreadable` for a damaged one
 */
export async function openStore(url: string): Promise<Store> {
  const location = parseStoreUrl(url);
  return location.kind === 'memory' ? new MemoryStore() : FileStore.openLocked(location.folder);
}

function refused(url: string, cause?: unknown): CairnError {
  // The URL of a database has its password before an @.
  const found = url.includes('@') && !url.startsWith('file:') ? 'another URL' : JSON.stringify(url);
  return new CairnError('config-invalid', `store: expected file:PATH or memory:, but it is ${found}`, {
    hint: 'name a folder, such as file:.cairn/coordinator; what memory: keeps is gone when the coordinator ends',
    cause,
  });
}
