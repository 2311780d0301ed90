import type { Random } from '../../../training/index.ts';
import { cutLargest } from './greatest.ts';
import { countOf, type SparseUpdate } from './update.ts';

/** What the parameter server holds, a number per parameter of the model each. */
export interface ServerState {
  /** The global parameters. */
  readonly parameters: Float32Array;
  /** How often each was uploaded. */
  readonly updates: Float32Array;
}

/** The server before anybody has uploaded. */
export function newServer(parameters: Float32Array): ServerState {
  return { parameters: parameters.slice(), updates: new Float32Array(parameters.length) };
}

/** Adds an upload to the global parameters, in place, and counts it. */
export function upload({ parameters, updates }: ServerState, { indices, values }: SparseUpdate): void {
  for (let i = 0; i < indices.length; i++) {
    parameters[indices[i]!]! += values[i]!;
    updates[indices[i]!]!++;
  }
}

/**
 * Overwrites the share θ_d of a participant's parameters that was updated most often at the server. Of parameters that
 * were updated equally often, those that fit are drawn at random: the first of the vector would be the same tensors
 * over and over.
 */
export function download(
  { parameters, updates }: ServerState,
  local: Float32Array,
  share: number,
  random: Random,
): void {
  const count = countOf(share, parameters.length);
  if (count === parameters.length) {
    local.set(parameters);
    return;
  }
  const { least, above } = cutLargest(updates, count);
  let wanted = count - above;
  let equal = 0;
  for (const value of updates) if (value === least) equal++;
  for (let i = 0; i < parameters.length; i++) {
    if (updates[i]! < least) continue;
    if (updates[i] === least) {
      // Selection sampling (Knuth 3.4.2 S): each subset of the equal ones is equally likely.
      if (random.below(equal--) >= wanted) continue;
      wanted--;
    }
    local[i] = parameters[i]!;
  }
}
