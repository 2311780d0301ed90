import { CairnError } from '../../errors.ts';
import type { Words } from '../sharing/index.ts';

const spent = new WeakSet<object>();

/**
 * Marks correlated randomness as used: what is masked twice by the same is not masked, and what was wiped masks nothing.
 * @throws CairnError `internal` the second time
 */
export function spend(part: object): void {
  if (spent.has(part)) throw new CairnError('internal', 'correlated randomness was used a second time');
  spent.add(part);
}

/** Zeroes words that were used. */
export function wipeWords(words: Words): void {
  new Uint8Array(words.buffer, words.byteOffset, words.byteLength).fill(0);
}
