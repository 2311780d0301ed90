import type { ChaChaRounds } from '../../crypto/chacha.ts';
import { expectLength } from '../../crypto/checks.ts';
import { SIZES } from '../../crypto/suite.ts';
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
import { GROUP_WORDS, STREAM_BYTES, instantiate } from './module.ts';
import type { Kernels } from './module.ts';

// Layout of a vector's memory, in bytes: the stream of the mask being added, a table of the packing kernel, a scratch
// area through which words and packed bytes pass in chunks (followed by spare bytes), and the vector, padded to whole
// groups of the four blocks that the stream kernel processes at once.
const STREAM = 0;
const TABLE = 96;
const SCRATCH = 128;
const VECTOR = 36_864;

/** Values per chunk: a multiple of eight, so that a chunk is whole bytes, at most 32 KiB of them. */
const CHUNK = 8192;

/** The vector on WebAssembly SIMD, in a separate memory. */
export class WasmMaskVector implements MaskVector {
  readonly kernel = 'wasm';
  readonly length: number;
  readonly #kernels: Kernels;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #scratch: Uint32Array;
  #wiped = false;

  /**
   * @throws CairnError `wire-bounds` for a length outside [0, 2^28]
   * @throws RangeError when the platform has no memory left
   */
  constructor(length: number) {
    expectVectorLength(length);
    this.length = length;
    const capacity = Math.ceil(length / GROUP_WORDS) * GROUP_WORDS * 4;
    const { kernels, buffer } = instantiate(VECTOR + capacity);
    this.#kernels = kernels;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer, VECTOR, length);
    this.#scratch = new Uint32Array(buffer, SCRATCH, CHUNK);
  }

  addValues(values: Uint32Array): void {
    this.#expectLive();
    expectWords('values', values, this.length);
    for (let start = 0; start < this.length; start += CHUNK) {
      const count = Math.min(CHUNK, this.length - start);
      this.#scratch.set(values.subarray(start, start + count));
      // Up to three words of an earlier chunk go into the padding after the vector, which is never read.
      this.#kernels.addWords(SCRATCH, VECTOR + 4 * start, count);
    }
  }

  addMask(key: Uint8Array, sign: 1 | -1, rounds: ChaChaRounds): void {
    this.#expectLive();
    expectLength('chacha key', key, SIZES.key);
    const groups = Math.ceil(this.length / GROUP_WORDS);
    this.#bytes.set(key, STREAM);
    this.#kernels.prepareStream(STREAM);
    if (sign === 1) this.#kernels.addStream(STREAM, 0, VECTOR, groups, rounds);
    else this.#kernels.subtractStream(STREAM, 0, VECTOR, groups, rounds);
    this.#bytes.fill(0, STREAM, STREAM + STREAM_BYTES);
  }

  addPacked(packed: Uint8Array, bits: number): void {
    this.#expectLive();
    expectCanonicalPacked(packed, this.length, bits);
    for (let start = 0; start < this.length; start += CHUNK) {
      const count = Math.min(CHUNK, this.length - start);
      const offset = (start * bits) / 8;
      this.#bytes.set(packed.subarray(offset, offset + Math.ceil((count * bits) / 8)), SCRATCH);
      this.#kernels.addPacked(SCRATCH, VECTOR + 4 * start, count, bits);
    }
  }

  toPacked(bits: number, into?: Uint8Array, offset?: number): Uint8Array {
    this.#expectLive();
    const packed = packedTarget(this.length, bits, into, offset);
    for (let start = 0; start < this.length; start += CHUNK) {
      const count = Math.min(CHUNK, this.length - start);
      this.#kernels.pack(VECTOR + 4 * start, SCRATCH, count, bits, TABLE);
      packed.set(this.#bytes.subarray(SCRATCH, SCRATCH + Math.ceil((count * bits) / 8)), (start * bits) / 8);
    }
    return packed;
  }

  toValues(bits: number): Uint32Array {
    this.#expectLive();
    expectBits(bits);
    const values = this.#words.slice();
    const mask = lowBits(bits);
    for (let i = 0; i < values.length; i++) values[i]! &= mask;
    return values;
  }

  words(): Uint32Array {
    this.#expectLive();
    return this.#words;
  }

  wipe(): void {
    this.#bytes.fill(0);
    this.#wiped = true;
  }

  #expectLive(): void {
    if (this.#wiped) throw new CairnError('secret-wiped', 'a masked vector was used after it had been wiped');
  }
}
