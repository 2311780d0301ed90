/**
 * Deterministic numbers for shuffling and initialisation: xoshiro128** (Blackman and Vigna, 2018) on 32-bit integers,
 * the same in every engine. Not a source of secrets.
 *
 * The state comes from a seed and a label. Let mix be the addition of 0x9e3779b9, then MurmurHash3's 32-bit finaliser.
 * From h = mix(low word of the seed), the seed's high word and then each UTF-16 code unit x of the label is absorbed by
 * h = mix(h ^ x); the four state words are four further steps h = mix(h).
 */
export class Random {
  readonly #state = new Uint32Array(4);

  /**
   * @param seed an integer from 0 to 2^53 − 1
   * @param label separates streams of one seed, such as a tensor's name
   * @throws RangeError for any other seed
   */
  constructor(seed: number, label = '') {
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new RangeError(`seed: expected an integer from 0 to 2^53 − 1, got ${seed}`);
    let h = mix(mix(seed % 2 ** 32) ^ Math.floor(seed / 2 ** 32));
    for (let i = 0; i < label.length; i++) h = mix(h ^ label.charCodeAt(i));
    for (let i = 0; i < 4; i++) this.#state[i] = h = mix(h);
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  /** The next 32 bits, as an integer from 0 to 2^32 − 1. */
  next(): number {
    const s = this.#state;
    const scrambled = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = rotate(s[3]!, 11);
    return scrambled;
  }

  /** A multiple of 2^-24 in [0, 1), exact in 32 bits. */
  uniform(): number {
    return (this.next() >>> 8) / 2 ** 24;
  }

  /** An integer from 0 to `bound` − 1 without bias, by rejection. `bound` is from 1 to 2^32. */
  below(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const drawn = this.next();
      if (drawn < limit) return drawn % bound;
    }
  }

  /** Shuffles in place (Fisher and Yates, from the end) and returns the same array. */
  shuffle(values: Uint32Array): Uint32Array {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = values[i]!;
      values[i] = values[j]!;
      values[j] = kept;
    }
    return values;
  }
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function mix(from: number): number {
  let h = (from + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
