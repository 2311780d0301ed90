/**
 * Asking in a browser: in a page, or in a Web Worker, so that large networks never block the page.
 *
 *     import { ask } from 'cairn-fl/inference/browser';
 *
 *     const { classes, offered } = await ask('https://models.example:9443', pixels, {
 *       dealer: 'https://dealer.example:9444',
 *       onProgress: (event) => console.log(event.kind),
 *     });
 *     console.log(offered.plan.classes[classes[0]] ?? classes[0]);
 *
 * A page's content security policy must allow `'wasm-unsafe-eval'`, and name both servers in its `connect-src`.
 */
export { CairnError, ERROR_CODES, asCairnError, isErrorCode } from '../../protocol/errors.ts';
export type { ErrorCode, ErrorCodeInfo, ErrorDetails } from '../../protocol/errors.ts';
export type { KeyPair } from '../../protocol/crypto/index.ts';
export { ask, type Asked, type AskEvent, type AskOptions } from './ask.ts';
export type { Traffic } from '../drivers/channel.ts';
export type { PlanCost } from '../plan/cost.ts';
export type * from '../plan/types.ts';
export type { Answers } from '../services/ask.ts';
export type { AskerIdentity, Offered } from '../sessions/offered.ts';
export type { Dealing } from '../sessions/messages.ts';
