/** The twin's heap: 64 bits for checking derivatives, 32 otherwise. */
export type Reals = Float32Array | Float64Array;

/** What a twin kernel needs: its heap (which may move when it grows), and how results are rounded between steps. */
export interface Arithmetic {
  /** The current heap. */
  readonly reals: () => Reals;
  /** The same elements as 32-bit integers, index by index. */
  readonly integers: () => Int32Array;
  /** Math.fround for a heap of 32 bits; the identity for one of 64. */
  readonly round: (x: number) => number;
}

/** Multiplies elements not above zero by zero, like the kernel `gate` of a vector by itself with slope 0. */
export function rectifyInPlace(heap: Reals, at: number, n: number): void {
  for (let i = at; i < at + n; i++) if (!(heap[i]! > 0)) heap[i]! *= 0;
}
