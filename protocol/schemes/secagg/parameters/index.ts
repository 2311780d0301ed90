export { corruptHolders } from './corrupt-holders.ts';
export { findRing, shareOf } from './ring.ts';
export type { AdversaryClass } from './ring.ts';
export { DEFAULT_COLLUDING, assertSound, minAtTwoCuts, minSharers, roundParameters } from './round.ts';
export type { AdversaryModel, GraphKind, RoundParameters, RoundQuestion } from './round.ts';
export { wholeCommittee } from './witnesses.ts';
