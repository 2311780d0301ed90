import type { Random } from '../../../training/index.ts';

/** Some coordinates of a change of parameters: what a participant uploads. */
export interface SparseUpdate {
  /** Ascending, without duplicates. */
  readonly indices: Uint32Array;
  /** The change at each of them. */
  readonly values: Float32Array;
}

/** Number of parameters in a share θ of `size`: rounded down, but at least one. */
export function countOf(share: number, size: number): number {
  return Math.max(1, Math.floor(share * size));
}

/** The value, or the nearer end of [−γ, γ]. */
export function bound(value: number, gamma: number): number {
  return Math.max(-gamma, Math.min(gamma, value));
}

/** The values at some places of a vector. */
export function valuesAt(vector: Float32Array, indices: Uint32Array): Float32Array {
  const values = new Float32Array(indices.length);
  for (let i = 0; i < indices.length; i++) values[i] = vector[indices[i]!]!;
  return values;
}

/** An upload as a whole vector, with zeros where nothing is uploaded. */
export function dense({ indices, values }: SparseUpdate, size: number): Float32Array {
  const vector = new Float32Array(size);
  for (let i = 0; i < indices.length; i++) vector[indices[i]!] = values[i]!;
  return vector;
}

/** The threshold of the largest values of a list. */
interface Cut {
  /** The smallest value among them. */
  readonly least: number;
  /** How many are above it; the rest, up to the requested number, equal it. */
  readonly above: number;
}

const BINS = 1 << 16;

/**
 * The cut between the `count` largest of some values and the others, in linear time. The bit patterns of non-negative
 * floats are ordered like the floats, so two histograms of 16 bits each find the value.
 * @param values - finite and not negative
 * @param count - from 1 to the number of values
 */
export function cutLargest(values: Float32Array, count: number): Cut {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const upper = new Uint32Array(BINS);
  for (let i = 0; i < bits.length; i++) upper[bits[i]! >>> 16]!++;
  let above = 0;
  let high = BINS - 1;
  for (; above + upper[high]! < count; high--) above += upper[high]!;
  const lower = new Uint32Array(BINS);
  for (let i = 0; i < bits.length; i++) if (bits[i]! >>> 16 === high) lower[bits[i]! & 0xffff]!++;
  let low = BINS - 1;
  for (; above + lower[low]! < count; low--) above += lower[low]!;
  const least = new Float32Array(Uint32Array.of(high * BINS + low).buffer)[0]!;
  return { least, above };
}

function pick(change: Float32Array, indices: Uint32Array, gamma: number): SparseUpdate {
  return { indices, values: valuesAt(change, indices).map((value) => bound(value, gamma)) };
}

/**
 * The `count` changes that are largest in size, each bounded to [−γ, γ] after it was chosen. Of equal ones the first in
 * the vector are taken. Zeros are never uploaded: they would only change the server's statistics.
 */
export function selectLargest(change: Float32Array, count: number, gamma: number): SparseUpdate {
  const { least, above } = cutLargest(change.map(Math.abs), count);
  const indices = new Uint32Array(count);
  let chosen = 0;
  let equal = count - above;
  for (let i = 0; i < change.length; i++) {
    const size = Math.abs(change[i]!);
    if (size > least || (size === least && size > 0 && equal-- > 0)) indices[chosen++] = i;
  }
  return pick(change, indices.subarray(0, chosen), gamma);
}

/**
 * `count` changes drawn at random among those whose size, bounded to γ, is at least τ; all of them if there are fewer.
 * The values are bounded to [−γ, γ].
 */
export function selectRandom(
  change: Float32Array,
  count: number,
  { tau, gamma }: { readonly tau: number; readonly gamma: number },
  random: Random,
): SparseUpdate {
  const candidates = new Uint32Array(change.length);
  let found = 0;
  for (let i = 0; i < change.length; i++) if (Math.min(Math.abs(change[i]!), gamma) >= tau) candidates[found++] = i;
  const chosen = Math.min(count, found);
  // The first part of a shuffle is enough.
  for (let i = 0; i < chosen; i++) {
    const j = i + random.below(found - i);
    const kept = candidates[i]!;
    candidates[i] = candidates[j]!;
    candidates[j] = kept;
  }
  return pick(change, candidates.slice(0, chosen).sort(), gamma);
}
