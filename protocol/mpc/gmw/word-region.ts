import type { Arena } from '../kernels/arena.ts';
import type { Ring, Words } from '../sharing/index.ts';
import { rowWords } from '../slices.ts';

/** Vectors of words in an arena, each padded to whole groups of 128 lanes, as the kernels that also see rows want them. */
export class WordRegion {
  /** Bytes of one vector with its padding. */
  readonly pitch: number;
  readonly #memory: Arena;
  readonly #at: number;
  readonly #bits: 32 | 64;

  constructor(memory: Arena, ring: Ring, count: number, vectors: number) {
    this.#memory = memory;
    this.#bits = ring.bits;
    this.pitch = 32 * ring.bytes * rowWords(count);
    this.#at = memory.reserve(vectors * this.pitch);
  }

  /** Address of a vector. */
  at(vector: number): number {
    return this.#at + vector * this.pitch;
  }

  /** Copies words in. */
  set(vector: number, words: Words): void {
    const source = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    this.#memory.bytes(this.at(vector), source.length).set(source);
  }

  /** Writes the bits of a vector as rows, from an address on. */
  slice(vector: number, target: number): void {
    const memory = this.#memory;
    const { sliceWords32, sliceWords64 } = memory.kernels;
    memory.scoped(() => {
      const block = memory.reserve(16 * this.#bits);
      const slice = this.#bits === 32 ? sliceWords32 : sliceWords64;
      slice(this.at(vector), this.#bits, target, this.pitch / this.#bits, block);
    });
  }

  /** Copies words out. */
  get<W extends Words>(vector: number, ring: Ring<W>, count: number): W {
    const words = ring.zeros(count);
    const target = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    target.set(this.#memory.bytes(this.at(vector), target.length));
    return words;
  }
}
