import { BLOCK_WORDS, chachaBlock, chachaKeyWords } from '../crypto/chacha.ts';
import type { ChaChaRounds } from '../crypto/chacha.ts';
import { CairnError } from '../errors.ts';
import { expectBits, expectCanonicalPacked, expectVectorLength, packedLength } from './packing.ts';
import type { MaskVector } from './types.ts';

/** The plain TypeScript twin: the reference for the wasm kernels, and the fallback where SIMD is missing. */
export class PlainMaskVector implements MaskVector {
  readonly kernel = 'plain';
  readonly #words: Uint32Array;
  #wiped = false;

  /** @throws CairnError `wire-bounds` for a length outside [0, 2^28] */
  constructor(length: number) {
    expectVectorLength(length);
    this.#words = new Uint32Array(length);
  }

  get length(): number {
    return this.#words.length;
  }

  addValues(values: Uint32Array): void {
    const words = this.#live();
    if (values.length !== words.length) {
      throw new CairnError('wire-bounds', `values: expected ${words.length} words, got ${values.length}`);
    }
    for (let i = 0; i < words.length; i++) words[i] += values[i];
  }

  addMask(key: Uint8Array, sign: 1 | -1, rounds: ChaChaRounds): void {
    const words = this.#live();
    const keyWords = chachaKeyWords(key);
    const block = new Uint32Array(BLOCK_WORDS);
    for (let start = 0, counter = 0; start < words.length; start += BLOCK_WORDS, counter++) {
      chachaBlock(keyWords, counter, rounds, block, 0);
      const count = Math.min(BLOCK_WORDS, words.length - start);
      for (let i = 0; i < count; i++) words[start + i] += sign * block[i];
    }
    keyWords.fill(0);
    block.fill(0);
  }

  addPacked(packed: Uint8Array, bits: number): void {
    const words = this.#live();
    expectCanonicalPacked(packed, words.length, bits);
    const modulus = 2 ** bits;
    let pending = 0; // up to 7 bits left over and 32 new ones, hence a double and no shifts
    let pendingBits = 0;
    let next = 0;
    for (let i = 0; i < words.length; i++) {
      while (pendingBits < bits) {
        pending += packed[next++] * 2 ** pendingBits;
        pendingBits += 8;
      }
      words[i] += pending % modulus;
      pending = Math.floor(pending / modulus);
      pendingBits -= bits;
    }
  }

  toPacked(bits: number): Uint8Array {
    const words = this.#live();
    const packed = new Uint8Array(packedLength(words.length, bits));
    const modulus = 2 ** bits;
    let pending = 0;
    let pendingBits = 0;
    let next = 0;
    for (const word of words) {
      pending += (word % modulus) * 2 ** pendingBits;
      pendingBits += bits;
      while (pendingBits >= 8) {
        packed[next++] = pending % 256;
        pending = Math.floor(pending / 256);
        pendingBits -= 8;
      }
    }
    if (pendingBits > 0) packed[next] = pending;
    return packed;
  }

  toValues(bits: number): Uint32Array {
    const words = this.#live();
    expectBits(bits);
    const mask = bits === 32 ? 0xffff_ffff : 2 ** bits - 1;
    return words.map((word) => word & mask);
  }

  wipe(): void {
    this.#words.fill(0);
    this.#wiped = true;
  }

  #live(): Uint32Array {
    if (this.#wiped) throw new CairnError('secret-wiped', 'a masked vector was used after it had been wiped');
    return this.#words;
  }
}
