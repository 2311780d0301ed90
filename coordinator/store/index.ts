export { FileStore } from './file.ts';
export { MemoryStore } from './memory.ts';
export type { PrivacyRecord, Store, TaskRecord } from './types.ts';
