export { adam } from './adam.ts';
export type { AdamSettings } from './adam.ts';
export type { Optimiser, UpdateOperands } from './optimiser.ts';
export { sgd } from './sgd.ts';
export type { SgdSettings } from './sgd.ts';
