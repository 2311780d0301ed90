import type { Ring, Words } from '../sharing/types.ts';
import type { Slices } from '../slices.ts';

/** Vectors of ring elements, joined for one computation and parted again. */

/** The bits of a row as ring elements 0 and 1, one for each lane. */
export function rowElements<W extends Words>(ring: Ring<W>, { lanes, stride, words }: Slices, row: number): W {
  const elements = ring.zeros(lanes);
  const halves = new Uint32Array(elements.buffer);
  const step = ring.bytes / 4;
  for (let lane = 0; lane < lanes; lane++) {
    halves[step * lane] = (words[row * stride + (lane >> 5)]! >>> (lane & 31)) & 1;
  }
  return elements;
}

/** One vector after the other, copied. */
export function joined<W extends Words>(ring: Ring<W>, vectors: readonly W[]): W {
  const all = ring.zeros(vectors.reduce((sum, { length }) => sum + length, 0));
  const bytes = bytesOf(all);
  let at = 0;
  for (const vector of vectors) {
    bytes.set(bytesOf(vector), at);
    at += vector.byteLength;
  }
  return all;
}

/** Copies of `parts` vectors of equal length that lie one after the other in a vector, which is wiped. */
export function parted<W extends Words>(ring: Ring<W>, all: W, parts: number): readonly W[] {
  const bytes = bytesOf(all);
  const length = bytes.length / parts;
  const vectors = Array.from({ length: parts }, (_, i) => ring.fromBytes(bytes.subarray(i * length, (i + 1) * length)));
  wipe(all);
  return vectors;
}

/** Zeroes vectors. */
export function wipe(...vectors: readonly Words[]): void {
  for (const vector of vectors) bytesOf(vector).fill(0);
}

function bytesOf({ buffer, byteOffset, byteLength }: Words): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
