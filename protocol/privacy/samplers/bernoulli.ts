import { floorLog2 } from '../../numeric.ts';
import type { Rational } from './interval.ts';
import type { Words } from './law.ts';

/**
 * Whether a uniform number, drawn word by word, is below a rational number.
 * @param first its leading 32 bits
 */
function below({ numerator, denominator }: Rational, first: number, words: Words): boolean {
  let rest = numerator;
  for (let word = BigInt(first); ; word = BigInt(words.nextWord())) {
    const scaled = rest << 32n;
    const digit = scaled / denominator;
    if (word !== digit) return word < digit;
    rest = scaled - digit * denominator;
    if (rest === 0n) return false;
  }
}

/**
 * Bernoulli(e^−γ) for γ ≤ 1 by von Neumann's method (Canonne, Kamath & Steinke 2020, algorithm 1): Bernoulli(γ / i) for
 * i = 1, 2, … until the first failure, which comes at an odd i with exactly that probability.
 * @param try_ one Bernoulli(γ / i)
 */
function vonNeumann(try_: (i: number) => boolean): boolean {
  let i = 1;
  while (try_(i)) i++;
  return i % 2 === 1;
}

/** Bernoulli(e^−γ) for any rational γ ≥ 0, in BigInt. */
export function bernoulliExp({ numerator, denominator }: Rational, words: Words): boolean {
  const unit = (rest: bigint): boolean =>
    vonNeumann((i) => below({ numerator: rest, denominator: denominator * BigInt(i) }, words.nextWord(), words));
  let rest = numerator;
  for (; rest > denominator; rest -= denominator) {
    if (!unit(denominator)) return false;
  }
  return unit(rest);
}

/** Both factors of a product have no more bits than this, so that it is an integer below 2^53. */
const FACTOR_BITS = 26;

/**
 * Bernoulli(e^−γ) for γ = n · ratio ≤ 1, fast: integers below 2^53 decide all but about 2^−25 of the words, and
 * {@link below} decides the rest with the same word.
 *
 * n is bounded by m·2^s ≤ n < (m + 1)·2^s with m < 2^26, and r·2^−q ≤ ratio < (r + 1)·2^−q with r < 2^26. So γ·2^32
 * lies between m·r·2^(32 + s − q) and (m + 1)(r + 1)·2^(32 + s − q). Both products are exact in a double, as are the
 * power of two, the floor and the ceiling. Products of a word and i are exact up to i = 2^20, which is reached once in
 * (2^20)! times.
 */
export class FastBernoulliExp {
  readonly #ratio: Rational;
  readonly #reciprocal: number;
  readonly #cut: number;
  readonly #unit: number;

  /** @param most the largest n, below 2^52; most · ratio ≤ 1 */
  constructor(ratio: Rational, most: number) {
    this.#ratio = ratio;
    this.#cut = 2 ** Math.max(0, (most === 0 ? 0 : floorLog2(most) + 1) - FACTOR_BITS);
    let { numerator, denominator } = ratio;
    let q = 0;
    for (; numerator >= denominator << BigInt(FACTOR_BITS); q--) denominator <<= 1n;
    for (; numerator < denominator << BigInt(FACTOR_BITS - 1); q++) numerator <<= 1n;
    this.#reciprocal = Number(numerator / denominator);
    this.#unit = 2 ** (32 - q) * this.#cut;
  }

  /** @param n an integer from 0 to `most` */
  draw(n: number, words: Words): boolean {
    const m = Math.floor(n / this.#cut);
    const least = Math.floor(m * this.#reciprocal * this.#unit);
    const most = Math.ceil((m + 1) * (this.#reciprocal + 1) * this.#unit);
    for (let i = 1; ; i++) {
      const u = words.nextWord();
      const hit = (u + 1) * i <= least || (u * i < most && this.#exact(n, i, u, words));
      if (!hit) return i % 2 === 1;
    }
  }

  #exact(n: number, i: number, u: number, words: Words): boolean {
    const { numerator, denominator } = this.#ratio;
    return below({ numerator: numerator * BigInt(n), denominator: denominator * BigInt(i) }, u, words);
  }
}
