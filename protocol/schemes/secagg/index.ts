/** Secure aggregation by secret sharing: Bonawitz et al. 2017, and SecAgg+ (Bell et al. 2020) as a graph of it. */
export * from './client/index.ts';
export * from './false-dealing.ts';
export * from './graph/index.ts';
export * from './masks.ts';
export * from './messages/index.ts';
export * from './parameters/index.ts';
export * from './server/index.ts';
export * from './session-id.ts';
export * from './share-tree.ts';
export * from './signatures.ts';
export * from './unmask.ts';
export { DEFAULT_MAX_REBASES, DEFAULT_MAX_REPEATS, assertConsent, reliesOnNoise } from './client/consent.ts';
export { assertDifferent } from './client/difference.ts';
export { assertInputAllowed } from './client/one-input.ts';
export { assertLatestSession, assertRosterAllowed, assertSetAllowed } from './client/one-set.ts';
export { above, below, logBinomial } from '../../hypergeometric.ts';
export { UnmaskWork, secagg } from './scheme.ts';
export { holdings } from './server/revealed.ts';
