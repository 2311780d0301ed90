import type { Ring, Words } from '../sharing/types.ts';
import type { Slices } from '../slices.ts';

/** A row's lanes as ring elements 0 and 1. */
export function rowElements(ring: Ring, { lanes, stride, words }: Slices, row: number): Words {
  const elements = ring.zeros(lanes);
  const halves = halvesOf(elements);
  const step = ring.bytes / 4;
  for (let lane = 0; lane < lanes; lane++) {
    halves[step * lane] = (words[row * stride + (lane >>> 5)]! >>> (lane & 31)) & 1;
  }
  return elements;
}

/** The elements whose lane is set in a row, and zeros for the others: bit · element. */
export function selected({ stride, words }: Slices, row: number, elements: Words): Words {
  const out = elements.slice();
  const halves = halvesOf(out);
  const step = elements.BYTES_PER_ELEMENT / 4;
  for (let i = 0; i < halves.length; i++) {
    const lane = step === 1 ? i : i >>> 1;
    halves[i]! &= -((words[row * stride + (lane >>> 5)]! >>> (lane & 31)) & 1);
  }
  return out;
}

/** Rows a and b of slices, one AND the other, as a row of slices. */
export function bothRows({ lanes, stride, words }: Slices, a: number, b: number): Slices {
  const both = words.slice(a * stride, (a + 1) * stride);
  return { rows: 1, lanes, stride, words: both.map((word, i) => word & words[b * stride + i]!) };
}

/** The 32-bit words of elements: bulk work on bigints would be slow. */
function halvesOf(elements: Words): Uint32Array {
  return new Uint32Array(elements.buffer, elements.byteOffset, elements.byteLength / 4);
}
