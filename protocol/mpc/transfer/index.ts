/** Oblivious transfer: base transfers over ristretto255, their extension, and what is made of it. */
export { bitTriples } from './bit-triples.ts';
export type { BitTriples } from './bit-triples.ts';
export { chosenReceiver, chosenSender } from './chosen.ts';
export { correlatedReceiver, correlatedSender } from './correlated.ts';
export type { ExtensionReceiver, ExtensionSender } from './extension.ts';
export type { ProductInput } from './product-share.ts';
export { shareProducts } from './products.ts';
export { randomReceiver, randomSender } from './random.ts';
export type { RandomReceived, RandomSent } from './random.ts';
export { setUpBothWays, setUpReceiver, setUpSender } from './setup.ts';
export type { BothWays } from './setup.ts';
export { shareRectifications, shareSquares, shareWraps } from './values.ts';
export type { RectifyShares, SquareShares, WrapShares } from './values.ts';
export { LABEL_BYTES } from './types.ts';
export type { CorrelatedReceiver, CorrelatedSender } from './types.ts';
