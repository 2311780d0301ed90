import { CairnError } from '../../errors.ts';
import type { Correlations } from '../dealer/types.ts';
import type { Ring, Words } from '../sharing/index.ts';
import type { Party } from '../turn.ts';
import { tournament } from './correlated.ts';
import { rectify } from './rectify.ts';

/**
 * A party of maxima: for `count` lanes the maximum of `width` signed values each, by a tournament of
 * max(x, y) = max(x − y, 0) + y, in ⌈log2 width⌉ rounds of `rectify` without a shift. The difference of any two values of
 * a lane must fit the ring as a signed number.
 * @param values width × count shares: value i of lane j is at i · count + j
 * @param width values of a lane, from 1
 * @param correlations gives `maxDemands`, which are wiped as they are used
 * @returns fresh words: a share of the maximum of each lane
 * @throws CairnError `internal` if the values are not lanes of that width, and what `rectify` throws
 */
export function* maxOf<W extends Words>(
  ring: Ring<W>,
  party: 0 | 1,
  values: W,
  width: number,
  correlations: Correlations,
): Party<W> {
  const count = values.length / width;
  if (!(Number.isInteger(count) && count > 0)) {
    throw new CairnError('internal', `${values.length} values are not lanes of ${width}`);
  }
  let left = values.slice() as W;
  for (const pairs of tournament(width)) {
    const size = pairs * count;
    const second = left.slice(size, 2 * size) as W;
    const larger = yield* rectify(ring, party, ring.subtract(left.slice(0, size) as W, second), correlations, 0);
    ring.addInto(larger, second);
    // Of an odd number the last one waits for the next round.
    const waiting = left.slice(2 * size);
    const next = ring.zeros(size + waiting.length);
    copyInto(next, larger, 0);
    copyInto(next, waiting, size);
    left = next;
  }
  return left;
}

function copyInto(target: Words, source: Words, at: number): void {
  const bytes = new Uint8Array(target.buffer);
  bytes.set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), at * target.BYTES_PER_ELEMENT);
}
