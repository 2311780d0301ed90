export { corruptHolders } from './corrupt-holders.ts';
export { findRing } from './ring.ts';
export { assertSound, minAtTwoCuts, minSharers, roundParameters } from './round.ts';
export type { AdversaryModel, GraphKind, RoundParameters, RoundQuestion } from './round.ts';
export { wholeCommittee } from './witnesses.ts';
