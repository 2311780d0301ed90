import { CairnError } from '../errors.ts';
import { expectLength } from './checks.ts';
import { SIZES } from './suite.ts';

/** Rounds of the ChaCha streams that the suites use. */
export type ChaChaRounds = 12 | 20;

/** Words of one keystream block. */
export const BLOCK_WORDS = 16;

/** The eight little-endian words of a 32-byte key. The caller wipes them. */
export function chachaKeyWords(key: Uint8Array): Uint32Array {
  expectLength('chacha key', key, SIZES.key);
  const words = new Uint32Array(8);
  for (let i = 0; i < 8; i++) {
    words[i] = key[4 * i]! | (key[4 * i + 1]! << 8) | (key[4 * i + 2]! << 16) | (key[4 * i + 3]! << 24);
  }
  return words;
}

/**
 * One ChaCha block (RFC 8439 §2.3) with a nonce of twelve zero bytes and 12 or 20 rounds.
 *
 * The nonce is zero because every key here is derived for one stream. Sixteen local variables instead of an array:
 * engines keep them in registers, which makes this four times faster.
 * @param key eight words
 * @param counter block counter, an integer in [0, 2^32)
 * @param out receives the sixteen words of the block at `offset`
 */
export function chachaBlock(
  key: Uint32Array,
  counter: number,
  rounds: ChaChaRounds,
  out: Uint32Array,
  offset: number,
): void {
  let x0 = 0x61707865;
  let x1 = 0x3320646e;
  let x2 = 0x79622d32;
  let x3 = 0x6b206574;
  let x4 = key[0]! | 0;
  let x5 = key[1]! | 0;
  let x6 = key[2]! | 0;
  let x7 = key[3]! | 0;
  let x8 = key[4]! | 0;
  let x9 = key[5]! | 0;
  let x10 = key[6]! | 0;
  let x11 = key[7]! | 0;
  let x12 = counter | 0;
  let x13 = 0;
  let x14 = 0;
  let x15 = 0;
  for (let round = 0; round < rounds; round += 2) {
    x0 = (x0 + x4) | 0;
    x12 ^= x0;
    x12 = (x12 << 16) | (x12 >>> 16);
    x8 = (x8 + x12) | 0;
    x4 ^= x8;
    x4 = (x4 << 12) | (x4 >>> 20);
    x0 = (x0 + x4) | 0;
    x12 ^= x0;
    x12 = (x12 << 8) | (x12 >>> 24);
    x8 = (x8 + x12) | 0;
    x4 ^= x8;
    x4 = (x4 << 7) | (x4 >>> 25);
    x1 = (x1 + x5) | 0;
    x13 ^= x1;
    x13 = (x13 << 16) | (x13 >>> 16);
    x9 = (x9 + x13) | 0;
    x5 ^= x9;
    x5 = (x5 << 12) | (x5 >>> 20);
    x1 = (x1 + x5) | 0;
    x13 ^= x1;
    x13 = (x13 << 8) | (x13 >>> 24);
    x9 = (x9 + x13) | 0;
    x5 ^= x9;
    x5 = (x5 << 7) | (x5 >>> 25);
    x2 = (x2 + x6) | 0;
    x14 ^= x2;
    x14 = (x14 << 16) | (x14 >>> 16);
    x10 = (x10 + x14) | 0;
    x6 ^= x10;
    x6 = (x6 << 12) | (x6 >>> 20);
    x2 = (x2 + x6) | 0;
    x14 ^= x2;
    x14 = (x14 << 8) | (x14 >>> 24);
    x10 = (x10 + x14) | 0;
    x6 ^= x10;
    x6 = (x6 << 7) | (x6 >>> 25);
    x3 = (x3 + x7) | 0;
    x15 ^= x3;
    x15 = (x15 << 16) | (x15 >>> 16);
    x11 = (x11 + x15) | 0;
    x7 ^= x11;
    x7 = (x7 << 12) | (x7 >>> 20);
    x3 = (x3 + x7) | 0;
    x15 ^= x3;
    x15 = (x15 << 8) | (x15 >>> 24);
    x11 = (x11 + x15) | 0;
    x7 ^= x11;
    x7 = (x7 << 7) | (x7 >>> 25);
    x0 = (x0 + x5) | 0;
    x15 ^= x0;
    x15 = (x15 << 16) | (x15 >>> 16);
    x10 = (x10 + x15) | 0;
    x5 ^= x10;
    x5 = (x5 << 12) | (x5 >>> 20);
    x0 = (x0 + x5) | 0;
    x15 ^= x0;
    x15 = (x15 << 8) | (x15 >>> 24);
    x10 = (x10 + x15) | 0;
    x5 ^= x10;
    x5 = (x5 << 7) | (x5 >>> 25);
    x1 = (x1 + x6) | 0;
    x12 ^= x1;
    x12 = (x12 << 16) | (x12 >>> 16);
    x11 = (x11 + x12) | 0;
    x6 ^= x11;
    x6 = (x6 << 12) | (x6 >>> 20);
    x1 = (x1 + x6) | 0;
    x12 ^= x1;
    x12 = (x12 << 8) | (x12 >>> 24);
    x11 = (x11 + x12) | 0;
    x6 ^= x11;
    x6 = (x6 << 7) | (x6 >>> 25);
    x2 = (x2 + x7) | 0;
    x13 ^= x2;
    x13 = (x13 << 16) | (x13 >>> 16);
    x8 = (x8 + x13) | 0;
    x7 ^= x8;
    x7 = (x7 << 12) | (x7 >>> 20);
    x2 = (x2 + x7) | 0;
    x13 ^= x2;
    x13 = (x13 << 8) | (x13 >>> 24);
    x8 = (x8 + x13) | 0;
    x7 ^= x8;
    x7 = (x7 << 7) | (x7 >>> 25);
    x3 = (x3 + x4) | 0;
    x14 ^= x3;
    x14 = (x14 << 16) | (x14 >>> 16);
    x9 = (x9 + x14) | 0;
    x4 ^= x9;
    x4 = (x4 << 12) | (x4 >>> 20);
    x3 = (x3 + x4) | 0;
    x14 ^= x3;
    x14 = (x14 << 8) | (x14 >>> 24);
    x9 = (x9 + x14) | 0;
    x4 ^= x9;
    x4 = (x4 << 7) | (x4 >>> 25);
  }
  out[offset] = x0 + 0x61707865;
  out[offset + 1] = x1 + 0x3320646e;
  out[offset + 2] = x2 + 0x79622d32;
  out[offset + 3] = x3 + 0x6b206574;
  out[offset + 4] = x4 + key[0]!;
  out[offset + 5] = x5 + key[1]!;
  out[offset + 6] = x6 + key[2]!;
  out[offset + 7] = x7 + key[3]!;
  out[offset + 8] = x8 + key[4]!;
  out[offset + 9] = x9 + key[5]!;
  out[offset + 10] = x10 + key[6]!;
  out[offset + 11] = x11 + key[7]!;
  out[offset + 12] = x12 + counter;
  out[offset + 13] = x13;
  out[offset + 14] = x14;
  out[offset + 15] = x15;
}

/**
 * A ChaCha keystream (IETF layout: zero nonce, block counter from 0) read word by word: for permutations that both
 * sides compute from public seeds, and for seeded simulations. Masks come from the kernels, which are much faster and
 * yield the same words.
 */
export class ChaChaStream {
  readonly #key: Uint32Array;
  readonly #rounds: ChaChaRounds;
  readonly #block = new Uint32Array(BLOCK_WORDS);
  #counter = 0;
  #used = BLOCK_WORDS;
  #wiped = false;

  /**
   * @param key 32 bytes; copied
   * @throws CairnError `key-invalid` for another length
   */
  constructor(key: Uint8Array, rounds: ChaChaRounds) {
    this.#key = chachaKeyWords(key);
    this.#rounds = rounds;
  }

  /**
   * The next 32-bit word of the keystream.
   * @throws CairnError `secret-wiped` after {@link wipe}; `internal` past 2^32 blocks, where the counter would repeat
   */
  nextWord(): number {
    if (this.#used === BLOCK_WORDS) this.#refill();
    return this.#block[this.#used++]!;
  }

  /** The next `count` words of the keystream. */
  words(count: number): Uint32Array {
    const words = new Uint32Array(count);
    for (let i = 0; i < count; i++) words[i] = this.nextWord();
    return words;
  }

  /**
   * A uniform integer in [0, bound): words at or above the largest multiple of `bound` are drawn again, since folding
   * them would favour small results.
   * @param bound an integer in [1, 2^32]
   * @throws CairnError `internal` for another bound
   */
  uniform(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new CairnError('internal', `uniform: expected a bound in [1, 2^32], got ${bound}`);
    }
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const word = this.nextWord();
      if (word < limit) return word % bound;
    }
  }

  /** Zeroes key and buffered words; the stream ends. */
  wipe(): void {
    this.#key.fill(0);
    this.#block.fill(0);
    this.#used = BLOCK_WORDS;
    this.#wiped = true;
  }

  #refill(): void {
    if (this.#wiped) throw new CairnError('secret-wiped', 'a keystream was used after it had been wiped');
    if (this.#counter === 2 ** 32) throw new CairnError('internal', 'a keystream ended after 2^32 blocks');
    chachaBlock(this.#key, this.#counter++, this.#rounds, this.#block, 0);
    this.#used = 0;
  }
}
