export { FileStore } from './file.ts';
export { MemoryStore, modelHashOf } from './memory.ts';
export type { Store, TaskRecord } from './types.ts';
