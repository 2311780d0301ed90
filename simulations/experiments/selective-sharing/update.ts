/** Some coordinates of a change of parameters: what a participant uploads. */
export interface SparseUpdate {
  /** Ascending, none twice. */
  readonly indices: Uint32Array;
  /** The change at each of them. */
  readonly values: Float32Array;
}

/** How many of `size` parameters a share θ of them is: rounded down, but one at least. */
export function countOf(share: number, size: number): number {
  return Math.max(1, Math.floor(share * size));
}

/** The value, or the end of [−γ, γ] that is next to it. */
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
