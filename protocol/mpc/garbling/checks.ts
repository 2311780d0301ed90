import { CairnError } from '../../errors.ts';
import type { Slices } from '../slices.ts';

/** Lanes at most: far beyond any batch, and the tweaks of the outputs stay below 2^32. */
const MAX_LANES = 2 ** 24;

/** @throws CairnError `wire-bounds` if the number of lanes is not an integer from 1 to 2^24 */
export function expectLanes(lanes: number): void {
  if (Number.isInteger(lanes) && lanes >= 1 && lanes <= MAX_LANES) return;
  throw new CairnError('wire-bounds', `expected 1 to ${MAX_LANES} lanes, got ${lanes}`);
}

/** @throws CairnError `wire-bounds` if there is not a string of 16 bytes for each bit */
export function expectTransfers(strings: Uint8Array, bits: number): void {
  if (strings.length === 16 * bits) return;
  throw new CairnError('wire-bounds', `expected ${bits} oblivious transfers, got ${strings.length / 16}`);
}

/** @throws CairnError `wire-bounds` if a party's bits do not have a row for each of its input wires, or have other lanes */
export function expectRows(own: Slices, rows: number, lanes: number): void {
  if (own.rows === rows && own.lanes === lanes) return;
  throw new CairnError(
    'wire-bounds',
    `expected ${rows} rows of ${lanes} input bits, got ${own.rows} rows of ${own.lanes}`,
  );
}
