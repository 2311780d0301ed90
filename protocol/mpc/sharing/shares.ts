import type { Prg } from '../prg.ts';
import { wordBytes } from './ring.ts';
import type { Ring, Words } from './types.ts';

/**
 * Splits values into two additive shares: the first is drawn, the second is what is missing. Each alone is uniform,
 * whatever the values are, as long as the generator is secret and gives nothing twice. Both are secrets of their parties.
 */
export function split<W extends Words>(ring: Ring<W>, values: W, prg: Prg): [W, W] {
  const first = ring.draw(prg, values.length);
  return [first, ring.subtract(values, first)];
}

/**
 * The values that two shares are of: their sum.
 * @throws CairnError `wire-bounds` for shares of different lengths
 */
export function join<W extends Words>(ring: Ring<W>, first: W, second: W): W {
  return ring.add(first, second);
}

/** Zeroes words that are secret and no longer needed. */
export function wipeWords(words: Words): void {
  wordBytes(words).fill(0);
}
