/**
 * What Cairn’s other parts need from coordinator/ besides its public API. It is not stable: it may change in any
 * version.
 */
export { EVENT_NAME } from './gateway/connection.ts';
export { Quarrels, quarrelsIn } from './rounds/quarrels.ts';
export { Unmasker } from './workers/unmasker.ts';
