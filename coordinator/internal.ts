/** What Cairn’s other parts need of coordinator/ beside its face. It is no promise: it may change in any version. */
export { EVENT_NAME } from './gateway/connection.ts';
export { Quarrels, quarrelsIn } from './rounds/quarrels.ts';
export { Unmasker } from './workers/unmasker.ts';
