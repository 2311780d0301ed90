/**
 * What Cairn’s other parts need from training/ besides its face. Not a stable interface: it may change in any version.
 */
export { inputBatch } from './run/batch.ts';
export { createPacer } from './run/pause.ts';
export { withTape } from './run/tapes.ts';
