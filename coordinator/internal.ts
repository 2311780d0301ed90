/**
 * What Cairn’s other parts need from coordinator/ besides its public API. It is not stable: it may change in any
 * version.
 */
export { loadDirectory } from './directory.ts';
export { EVENT_NAME } from './gateway/connection.ts';
export { createListener, listen } from './http/listen.ts';
export { loadTls } from './http/tls.ts';
export { Quarrels, quarrelsIn } from './rounds/quarrels.ts';
export { Unmasker } from './workers/unmasker.ts';
