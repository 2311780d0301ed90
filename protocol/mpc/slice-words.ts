import { arena } from './kernels/arena.ts';
import { type Slices, zeroSlices } from './slices.ts';

/**
 * The low bits of words as rows: lane j of row i is bit i of word j.
 * @param rows how many bits, from the lowest; all of them by default
 */
export function sliceWords(words: Uint32Array | BigUint64Array, rows = 8 * words.BYTES_PER_ELEMENT): Slices {
  const slices = zeroSlices(rows, words.length);
  const bytes = words.BYTES_PER_ELEMENT;
  const memory = arena();
  const { sliceWords32, sliceWords64 } = memory.kernels;
  memory.scoped(() => {
    const source = memory.reserve(32 * bytes * slices.stride);
    const target = memory.reserve(slices.words.byteLength);
    const block = memory.reserve(128 * bytes);
    memory.bytes(source, words.byteLength).set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
    (bytes === 4 ? sliceWords32 : sliceWords64)(source, rows, target, 4 * slices.stride, block);
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

function joined({ rows, lanes, stride, words }: Slices, bytes: 4 | 8): ArrayBuffer {
  const memory = arena();
  const { joinWords32, joinWords64 } = memory.kernels;
  return memory.scoped(() => {
    const source = memory.load(words);
    const target = memory.reserve(32 * bytes * stride);
    const block = memory.reserve(128 * bytes);
    (bytes === 4 ? joinWords32 : joinWords64)(source, rows, 4 * stride, target, block);
    return memory.bytes(target, lanes * bytes).slice().buffer;
  });
}
