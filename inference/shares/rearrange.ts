import type { Ring, Words } from '../../protocol/mpc/sharing/index.ts';
import { type Slices, sliceWords } from '../../protocol/mpc/index.ts';
import { pooledSize, type PoolStep } from '../plan/types.ts';

/*
 * Moving shares about, which each party does alone: windows of images, columns of a batch. Elements are copied as 32-bit
 * halves, since typed arrays of 64 bits give a bigint for each.
 */

/** The words at some places, in their order. */
function gathered<W extends Words>(ring: Ring<W>, words: W, places: Uint32Array): W {
  const out = ring.zeros(places.length);
  const from = new Uint32Array(words.buffer, words.byteOffset, words.byteLength / 4);
  const to = new Uint32Array(out.buffer);
  if (ring.bytes === 4) {
    for (let i = 0; i < places.length; i++) to[i] = from[places[i]!]!;
    return out;
  }
  for (let i = 0; i < places.length; i++) {
    const at = 2 * places[i]!;
    to[2 * i] = from[at]!;
    to[2 * i + 1] = from[at + 1]!;
  }
  return out;
}

/** For each place in a window, where that value of each window is: size² lists of batch × outputs. */
function windowPlaces(step: PoolStep, batch: number): Uint32Array[] {
  const { channels, height, width, size, stride } = step;
  const [rows, columns] = pooledSize(step);
  const corners = new Uint32Array(batch * channels * rows * columns);
  let at = 0;
  for (let image = 0; image < batch * channels; image++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        corners[at++] = (image * height + row * stride) * width + column * stride;
      }
    }
  }
  return Array.from({ length: size * size }, (_, place) => {
    const offset = Math.floor(place / size) * width + (place % size);
    return corners.map((corner) => corner + offset);
  });
}

/** The values of a batch's windows: those at the same place of all windows, after each other, place by place. */
export function windowValues<W extends Words>(ring: Ring<W>, step: PoolStep, words: W, batch: number): W {
  const places = windowPlaces(step, batch);
  const count = places[0]!.length;
  const all = new Uint32Array(places.length * count);
  for (const [i, list] of places.entries()) all.set(list, i * count);
  return gathered(ring, words, all);
}

/** The sum of each window. */
export function windowSums<W extends Words>(ring: Ring<W>, step: PoolStep, words: W, batch: number): W {
  const [first, ...others] = windowPlaces(step, batch);
  const sums = gathered(ring, words, first!);
  for (const places of others) ring.addInto(sums, gathered(ring, words, places));
  return sums;
}

/**
 * Words of batch × count as inputs of a circuit that takes `count` words: row c · bits + i has bit i of word c of every
 * lane of the batch.
 */
export function rowsOfWords<W extends Words>(ring: Ring<W>, words: W, batch: number, count: number): Slices {
  const places = new Uint32Array(batch * count);
  for (let word = 0; word < count; word++) {
    for (let lane = 0; lane < batch; lane++) places[word * batch + lane] = lane * count + word;
  }
  const columns = gathered(ring, words, places);
  const rows = Array.from({ length: count }, (_, word) =>
    sliceWords(columns.slice(word * batch, (word + 1) * batch) as W),
  );
  const { stride } = rows[0]!;
  const all = new Uint32Array(count * ring.bits * stride);
  for (const [word, { words: own }] of rows.entries()) all.set(own, word * ring.bits * stride);
  return { rows: count * ring.bits, lanes: batch, stride, words: all };
}
