/** What Cairn’s other parts need of training/ beside its face. It is no promise: it may change in any version. */
export { inputBatch } from './run/batch.ts';
export { createPacer } from './run/pause.ts';
export { withTape } from './run/tapes.ts';
