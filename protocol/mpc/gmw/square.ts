import { CairnError } from '../../errors.ts';
import type { Correlations } from '../dealer/types.ts';
import type { Ring, Words } from '../sharing/index.ts';
import { exchange, type Party } from '../turn.ts';
import { spend, wipeWords } from './spend.ts';

/**
 * A party of squaring in the ring, value by value: both open e = x − a for a dealt a, which is uniform, and
 * x² = e² + 2 · e · a + a² (Beaver 1991). One exchange. Semi-honest parties.
 * @param correlations gives `{ kind: 'square', bits, count }`, which is wiped when the party ends
 * @returns fresh words: a share of the squares
 * @throws CairnError `wire-bounds` or `internal` if what was dealt does not fit or was used before, and what `take` throws
 */
export function* square<W extends Words>(ring: Ring<W>, party: 0 | 1, share: W, correlations: Correlations): Party<W> {
  const part = correlations.take({ kind: 'square', bits: ring.bits, count: share.length });
  spend(part);
  // What `take` gives is of the ring's kind, and this copies it to be sure.
  const [a, squared] = [ofRing(ring, part.a), ofRing(ring, part.squared)];
  wipeWords(part.a);
  wipeWords(part.squared);
  try {
    if (a.length !== share.length || squared.length !== share.length) {
      throw new CairnError('wire-bounds', `what was dealt is not for ${share.length} squares`);
    }
    const opened = ring.subtract(share, a);
    ring.addInto(opened, ring.fromBytes(yield* exchange(ring.toBytes(opened))));
    ring.addInto(a, a);
    if (party === 0) ring.addInto(a, opened);
    const result = ring.multiply(opened, a);
    ring.addInto(result, squared);
    return result;
  } finally {
    wipeWords(a);
    wipeWords(squared);
  }
}

function ofRing<W extends Words>(ring: Ring<W>, words: Words): W {
  return ring.fromBytes(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
}
