// Helpers that Node lacks and several parts need: locks, atomic files, and yielding to the event loop. Browsers never
// load this.
export { openFolder, unwritable, writeAtomically } from './atomic-write.ts';
export { formatDuration, formatSpan, parseDuration } from './duration.ts';
export { appendJsonLine, appendJsonLineDurably, readJsonLines } from './json-lines.ts';
export { type FileLock, locked, lockFile, type LockHolder } from './lock.ts';
export { createPrivate, openPrivate, readPrivate, replacePrivate, replacePublic } from './private-file.ts';
export { readIfThere, readTextIfThere } from './read.ts';
export { inTurns } from './slices.ts';
export { packageVersion } from './version.ts';
