import { BLOCK_WORDS, chachaBlock, chachaKeyWords } from '../../crypto/chacha.ts';
import type { ChaChaRounds } from '../../crypto/chacha.ts';
import { CairnError } from '../../errors.ts';
import {
  expectBits,
  expectCanonicalPacked,
  expectVectorLength,
  expectWords,
  lowBits,
  packedTarget,
} from '../packing.ts';
import type { MaskVector } from '../types.ts';

/** The plain TypeScript twin: the reference for the wasm kernels, and the fallback when SIMD is missing. */
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
    expectWords('values', values, words.length);
    for (let i = 0; i < words.length; i++) words[i]! += values[i]!;
  }

  addMask(key: Uint8Array, sign: 1 | -1, rounds: ChaChaRounds): void {
    const words = this.#live();
    const keyWords = chachaKeyWords(key);
    const block = new Uint32Array(BLOCK_WORDS);
    for (let start = 0, counter = 0; start < words.length; start += BLOCK_WORDS, counter++) {
      chachaBlock(keyWords, counter, rounds, block, 0);
      const count = Math.min(BLOCK_WORDS, words.length - start);
      for (let i = 0; i < count; i++) words[start + i]! += sign * block[i]!;
    }
    keyWords.fill(0);
    block.fill(0);
  }

  addPacked(packed: Uint8Array, bits: number): void {
    const words = this.#live();
    expectCanonicalPacked(packed, words.length, bits);
    const mask = lowBits(bits);
    // Up to 7 bits left over and 32 new ones: two words, `high` above `low`.
    let low = 0;
    let high = 0;
    let pendingBits = 0;
    let next = 0;
    for (let i = 0; i < words.length; i++) {
      for (; pendingBits < bits; pendingBits += 8) {
        const byte = packed[next++]!;
        low |= byte << pendingBits;
        if (pendingBits > 24) high = byte >>> (32 - pendingBits);
      }
      words[i]! += low & mask;
      low = bits === 32 ? high : (low >>> bits) | (high << (32 - bits));
      high = 0;
      pendingBits -= bits;
    }
  }

  toPacked(bits: number, into?: Uint8Array, offset?: number): Uint8Array {
    const words = this.#live();
    const packed = packedTarget(words.length, bits, into, offset);
    const mask = lowBits(bits);
    let low = 0;
    let high = 0;
    let pendingBits = 0;
    let next = 0;
    for (const word of words) {
      const value = word & mask;
      low |= value << pendingBits;
      high = pendingBits === 0 ? 0 : value >>> (32 - pendingBits);
      for (pendingBits += bits; pendingBits >= 8; pendingBits -= 8) {
        packed[next++] = low;
        low = (low >>> 8) | (high << 24);
        high >>>= 8;
      }
    }
    if (pendingBits > 0) packed[next] = low;
    return packed;
  }

  toValues(bits: number): Uint32Array {
    const words = this.#live();
    expectBits(bits);
    const mask = lowBits(bits);
    return words.map((word) => word & mask);
  }

  words(): Uint32Array {
    return this.#live();
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
