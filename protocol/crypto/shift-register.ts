import { mul, pow, reduce, sub } from './field.ts';
import { FIELD } from './suite.ts';

/** The last repair of a sequence: the polynomial at that moment, and how it failed. */
interface Repair {
  readonly polynomial: Float64Array;
  readonly length: number;
  /** Number of the term at which it failed, from 1. */
  readonly at: number;
  /** 1 / the discrepancy there. */
  readonly inverse: number;
}

/** Nothing has failed yet: the first failure makes the register as long as the sequence up to there. */
const NONE: Repair = { polynomial: new Float64Array(0), length: 0, at: 0, inverse: 1 };

/**
 * The shortest linear feedback shift register that yields several sequences at once (Feng and Tzeng 1991; Schmidt and
 * Sidorenko 2006, algorithm 1): c_0 = 1 and c_1 … c_ℓ with s_n + Σ c_j·s_(n−j) = 0 for each n > ℓ and each sequence.
 * For one sequence it is the Berlekamp–Massey algorithm. At most (number of terms)² · (number of sequences) products,
 * and a pause after each term.
 * @param sequences field elements, the same number in each
 * @returns c_0 … c_ℓ; ℓ is the register's length, even if c_ℓ is 0
 */
export function* shortestRegister(sequences: readonly Float64Array[]): Generator<undefined, Float64Array> {
  const terms = sequences[0]!.length;
  const current = new Float64Array(terms + 1);
  current[0] = 1;
  let length = 0;
  const repairs = sequences.map(() => NONE);
  for (let n = 1; n <= terms; n++) {
    for (let i = 0; i < sequences.length && n > length; i++) {
      const sequence = sequences[i]!;
      let missing = sequence[n - 1]!;
      for (let j = 1; j <= length; j++) missing = reduce(missing + current[j]! * sequence[n - 1 - j]!);
      if (missing === 0) continue;
      const { polynomial, length: shorter, at, inverse } = repairs[i]!;
      const grows = n - length > at - shorter;
      if (grows) {
        const failed = current.slice(0, length + 1);
        repairs[i] = { polynomial: failed, length, at: n, inverse: pow(missing, FIELD.prime - 2) };
      }
      const factor = mul(missing, inverse);
      const shift = n - at;
      for (let j = 0; j < polynomial.length; j++) {
        current[shift + j] = sub(current[shift + j]!, mul(factor, polynomial[j]!));
      }
      if (grows) length = shorter + n - at;
    }
    yield;
  }
  return current.slice(0, length + 1);
}
