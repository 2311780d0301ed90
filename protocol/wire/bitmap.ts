import type { ByteReader } from './reader.ts';

/** Bytes of a bitmap of n bits. */
export const bitmapLength = (n: number): number => Math.ceil(n / 8);

/** A bitmap of n bits with the given ones set: bit i is bit i mod 8 (least significant first) of byte ⌊i / 8⌋. */
export function bitmapOf(n: number, indices: Iterable<number>): Uint8Array {
  const bitmap = new Uint8Array(bitmapLength(n));
  for (const index of indices) bitmap[index >> 3]! |= 1 << (index & 7);
  return bitmap;
}

/** Whether a bit is set. */
export const hasBit = (bitmap: Uint8Array, index: number): boolean => ((bitmap[index >> 3]! >> (index & 7)) & 1) === 1;

/** Indices of the set bits, ascending. */
export function setBits(bitmap: Uint8Array): number[] {
  const indices: number[] = [];
  for (let index = 0; index < bitmap.length * 8; index++) if (hasBit(bitmap, index)) indices.push(index);
  return indices;
}

/** Reads a bitmap of n bits, as a view. @throws CairnError `wire-not-canonical` if a bit beyond n is set */
export function readBitmap(reader: ByteReader, n: number, field: string): Uint8Array {
  const bitmap = reader.raw(bitmapLength(n), field);
  const padding = n & 7;
  if (padding !== 0 && bitmap[bitmap.length - 1]! >> padding !== 0) {
    throw reader.error('wire-not-canonical', `${field} has bits beyond the last of ${n} members`);
  }
  return bitmap;
}
