/**
 * What Cairn’s other parts need from client/ besides its face. Not a stable interface: it may change in any version.
 */
export { assertApp } from './app-check.ts';
export { ofApp } from './app-fault.ts';
export { type ConsentRecord, historyOf, NO_RECORD, withOpened, withSet } from './consent/record.ts';
export { ENDING } from './driver/refusals.ts';
export { parseAddress } from './transport/address.ts';
