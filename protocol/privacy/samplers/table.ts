import { CairnError } from '../../errors.ts';
import { floorLog2 } from '../../numeric.ts';
import { locate } from './law.ts';
import type { Law, Words } from './law.ts';

/** Precision of the first attempt at a table: it fails to separate cells of 2^−64 once in 10^5 tables. */
const PRECISION = 96;
const MAX_PRECISION = 768;
const LAST_CELL = 2n ** 32n - 1n;

/** The leading bits of P[X ≤ k] for k = 0, 1, … up to the first that are all set. */
interface Cells {
  /** Bits 1 to 32. */
  readonly high: Uint32Array;
  /** Bits 33 to 64. */
  readonly low: Uint32Array;
}

function cellsOf(law: Law): Cells {
  for (let precision = PRECISION; precision <= MAX_PRECISION; precision *= 2) {
    const shift = BigInt(precision - 64);
    const high: number[] = [];
    const low: number[] = [];
    for (const { lo, hi } of law.cumulative(precision)) {
      const cell = lo >> shift;
      const last = cell >> 32n === LAST_CELL;
      if (!last && hi >> shift !== cell) break;
      high.push(Number(cell >> 32n));
      low.push(Number(cell & LAST_CELL));
      if (last) return { high: Uint32Array.from(high), low: Uint32Array.from(low) };
    }
  }
  throw new CairnError(
    'internal',
    'a cumulative probability is a multiple of 2^-64, or its enclosures do not converge',
  );
}

/**
 * Exact sampling from a distribution with one 32-bit word in almost every case. The word is compared with the leading
 * 32 bits of the cumulative probabilities. Only if it equals them do further bits matter: a second word is compared
 * with the next 32, and if these are equal, too, or in the last cell, {@link locate} continues.
 */
export class Table {
  readonly #law: Law;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  /** guide[u >>> shift]: the first k that a word with these leading bits may belong to. */
  readonly #guide: Uint32Array;
  readonly #shift: number;

  constructor(law: Law) {
    this.#law = law;
    const { high, low } = cellsOf(law);
    this.#high = high;
    this.#low = low;
    const log = Math.min(16, Math.max(4, floorLog2(2 * high.length - 1) + 1));
    this.#shift = 32 - log;
    this.#guide = new Uint32Array(2 ** log);
    let k = 0;
    for (let i = 0; i < this.#guide.length; i++) {
      while (high[k]! < i * 2 ** this.#shift) k++;
      this.#guide[i] = k;
    }
  }

  /** One sample. */
  draw(words: Words): number {
    const u = words.nextWord();
    const high = this.#high;
    let k = this.#guide[u >>> this.#shift]!;
    while (high[k]! < u) k++;
    return high[k] === u ? this.#further(k, u, words) : k;
  }

  /** The sample of a word that equals the leading bits at k. */
  #further(from: number, u: number, words: Words): number {
    const v = words.nextWord();
    const last = this.#high.length - 1;
    let k = from;
    while (k < last && this.#high[k] === u && this.#low[k]! < v) k++;
    if (k === last || (this.#high[k] === u && this.#low[k] === v)) return locate(this.#law, [u, v], words);
    return k;
  }
}
