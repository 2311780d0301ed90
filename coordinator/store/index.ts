export { FileStore } from './file.ts';
export { MemoryStore } from './memory.ts';
export type { Store, TaskRecord } from './types.ts';
