export { FileStore } from './file.ts';
export { takeLock } from './lock.ts';
export { MemoryStore } from './memory.ts';
export type { AnnouncedSet, PendingRecord, PrivacyRecord, ScalesRecord, Store, TaskRecord } from './types.ts';
