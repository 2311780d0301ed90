/** What Cairn’s other parts need of client/ beside its face. It is no promise: it may change in any version. */
export { assertApp } from './app-check.ts';
export { ofApp } from './app-fault.ts';
export { type ConsentRecord, historyOf, NO_RECORD, withOpened, withSet } from './consent/record.ts';
export { ENDING } from './driver/refusals.ts';
export { ownLine } from './own-line.ts';
