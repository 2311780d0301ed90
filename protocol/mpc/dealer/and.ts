import type { Prg } from '../prg.ts';
import { packRows, rowWords, type Slices, unpackRows } from '../slices.ts';
import type { DealtKind } from './dealt-kind.ts';
import type { AndDemand, AndTriples } from './types.ts';

/** Uniform bits. */
export function drawSlices(prg: Prg, rows: number, lanes: number): Slices {
  const stride = rowWords(lanes);
  return { rows, lanes, stride, words: prg.words(rows * stride) };
}

/** XOR of two sides' shares. */
export function opened(a: Slices, b: Slices): Slices {
  return { ...a, words: a.words.map((word, i) => word ^ b.words[i]!) };
}

/**
 * AND triples (Beaver 1991): both sides draw their shares of a and b, the seeded one its share of c as well. The
 * correction is (a₀ ⊕ a₁)(b₀ ⊕ b₁) ⊕ c₀. The corrected side does not know c₀, which is uniform and independent of a₀ and
 * b₀, so the correction tells it nothing of them; the seeded side is told nothing at all.
 */
export const dealtAnd: DealtKind<AndDemand, AndTriples, Pick<AndTriples, 'a' | 'b'>> = {
  seeded: ({ rows, lanes }, prg) => ({
    a: drawSlices(prg, rows, lanes),
    b: drawSlices(prg, rows, lanes),
    c: drawSlices(prg, rows, lanes),
  }),
  own: ({ rows, lanes }, prg) => ({ a: drawSlices(prg, rows, lanes), b: drawSlices(prg, rows, lanes) }),
  correction(_, seeded, own) {
    const { words: a } = own.a;
    const { words: b } = own.b;
    const [ofA, ofB, ofC] = [seeded.a.words, seeded.b.words, seeded.c.words];
    const words = new Uint32Array(a.length);
    for (let i = 0; i < words.length; i++) words[i] = ((a[i]! ^ ofA[i]!) & (b[i]! ^ ofB[i]!)) ^ ofC[i]!;
    return packRows({ ...own.a, words });
  },
  complete: ({ rows, lanes }, own, correction) => ({ ...own, c: unpackRows(correction, rows, lanes) }),
};
