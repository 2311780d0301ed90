export { FileStore } from './file.ts';
export { MemoryStore } from './memory.ts';
export { openStore, storeFolder } from './open.ts';
export type { Lease, RoundPage, Store, TaskRecord } from './types.ts';
