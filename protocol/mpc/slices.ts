import { CairnError } from '../errors.ts';

/**
 * Bits of many lanes, sliced: a row for each wire, in which bit j belongs to lane j. One operation on a word of a row
 * works on 32 lanes at once. Rows are padded to whole groups of 128 lanes, so that SIMD needs no special case; what
 * padding bits hold is of no meaning, and they are cleared before anything is sent ({@link packRows}).
 */
export interface Slices {
  /** Number of rows. */
  readonly rows: number;
  /** Number of lanes, from 1. */
  readonly lanes: number;
  /** 32-bit words of a row: {@link rowWords} of the lanes. Row i begins at word i · stride. */
  readonly stride: number;
  /** rows × stride words; lane j of row i is bit j mod 32 of word i · stride + ⌊j / 32⌋. */
  readonly words: Uint32Array;
}

/** 32-bit words of a row of that many lanes: 4 for each begun group of 128. */
export function rowWords(lanes: number): number {
  return 4 * Math.ceil(lanes / 128);
}

/** Slices of zeros. */
export function zeroSlices(rows: number, lanes: number): Slices {
  const stride = rowWords(lanes);
  return { rows, lanes, stride, words: new Uint32Array(rows * stride) };
}

/** Bytes of a row in a message: the lanes' bits, the last byte padded with zeros. */
export function packedRowBytes(lanes: number): number {
  return Math.ceil(lanes / 8);
}

/** The rows as bytes of a message: each row in {@link packedRowBytes}, lane j in bit j mod 8, padding zero. */
export function packRows({ rows, lanes, stride, words }: Slices): Uint8Array {
  const width = packedRowBytes(lanes);
  const out = new Uint8Array(rows * width);
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const last = lanes % 8 === 0 ? 0xff : (1 << (lanes % 8)) - 1;
  for (let row = 0; row < rows; row++) {
    out.set(bytes.subarray(4 * row * stride, 4 * row * stride + width), row * width);
    out[row * width + width - 1]! &= last;
  }
  return out;
}

/**
 * Reads what {@link packRows} wrote.
 * @throws CairnError `wire-bounds` for another number of bytes, `wire-not-canonical` for padding that is not zero
 */
export function unpackRows(packed: Uint8Array, rows: number, lanes: number): Slices {
  const width = packedRowBytes(lanes);
  if (packed.length !== rows * width) {
    throw new CairnError(
      'wire-bounds',
      `${rows} rows of ${lanes} bits take ${rows * width} bytes, not ${packed.length}`,
    );
  }
  const slices = zeroSlices(rows, lanes);
  const bytes = new Uint8Array(slices.words.buffer);
  const unused = lanes % 8 === 0 ? 0 : 0xff & ~((1 << (lanes % 8)) - 1);
  for (let row = 0; row < rows; row++) {
    if ((packed[row * width + width - 1]! & unused) !== 0) {
      throw new CairnError('wire-not-canonical', 'bits after the last lane of a row are set');
    }
    bytes.set(packed.subarray(row * width, (row + 1) * width), 4 * row * slices.stride);
  }
  return slices;
}
