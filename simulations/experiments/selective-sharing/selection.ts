import type { Random } from '../../../training/index.ts';
import { cutLargest } from './greatest.ts';
import { bound, type SparseUpdate, valuesAt } from './update.ts';

function pick(change: Float32Array, indices: Uint32Array, gamma: number): SparseUpdate {
  return { indices, values: valuesAt(change, indices).map((value) => bound(value, gamma)) };
}

/**
 * The `count` changes that are largest in size, each bounded to [−γ, γ] after it was chosen. Of equal ones the first in
 * the vector go. Zeros are never uploaded: they would change nothing but the server's statistics.
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
 * `count` changes drawn at random among those whose size, bounded to γ, is at least τ; all of these where they are
 * fewer. The values are bounded to [−γ, γ].
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
  // The beginning of a shuffle is enough.
  for (let i = 0; i < chosen; i++) {
    const j = i + random.below(found - i);
    const kept = candidates[i]!;
    candidates[i] = candidates[j]!;
    candidates[j] = kept;
  }
  return pick(change, candidates.slice(0, chosen).sort(), gamma);
}
