import { arena, type Arena } from './kernels/arena.ts';
import { rowWords, type Slices, zeroSlices } from './slices.ts';

/**
 * The low bits of words as rows: lane j of row i is bit i of word j.
 * @param rows how many bits, from the lowest; all of them by default
 */
export function sliceWords(words: Uint32Array | BigUint64Array, rows = 8 * words.BYTES_PER_ELEMENT): Slices {
  const slices = zeroSlices(rows, words.length);
  const memory = arena();
  memory.scoped(() => {
    const target = memory.reserve(slices.words.byteLength);
    sliceInto(memory, words, rows, target);
    slices.words.set(memory.words(target, slices.words.length));
  });
  return slices;
}

/** Rows as words of 32 bits, the reverse of {@link sliceWords}. Bits that have no row are zero. */
export function joinWords32(slices: Slices): Uint32Array {
  return new Uint32Array(joined(slices, 4));
}

/** Rows as words of 64 bits, the reverse of {@link sliceWords}. Bits that have no row are zero. */
export function joinWords64(slices: Slices): BigUint64Array {
  return new BigUint64Array(joined(slices, 8));
}

/** Writes the rows of {@link sliceWords} to an address of the memory, where there is place for whole groups of lanes. */
export function sliceInto(memory: Arena, words: Uint32Array | BigUint64Array, rows: number, target: number): void {
  const rowBytes = 4 * rowWords(words.length);
  const bytes = words.BYTES_PER_ELEMENT;
  memory.scoped(() => {
    const source = memory.reserve(8 * bytes * rowBytes);
    const block = memory.reserve(128 * bytes);
    memory.bytes(source, words.byteLength).set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
    const kernel = bytes === 4 ? memory.kernels.sliceWords32 : memory.kernels.sliceWords64;
    kernel(source, rows, target, rowBytes, block);
  });
}

function joined({ rows, lanes, stride, words }: Slices, bytes: 4 | 8): ArrayBuffer {
  const memory = arena();
  return memory.scoped(() => {
    const source = memory.load(words);
    const target = memory.reserve(32 * bytes * stride);
    const block = memory.reserve(128 * bytes);
    const kernel = bytes === 4 ? memory.kernels.joinWords32 : memory.kernels.joinWords64;
    kernel(source, rows, 4 * stride, target, block);
    return memory.bytes(target, lanes * bytes).slice().buffer;
  });
}
