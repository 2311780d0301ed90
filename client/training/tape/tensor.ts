import { sizeOf } from './shape.ts';
import type { Shape } from './shape.ts';
import type { Tape } from './tape.ts';

/**
 * A tensor on a {@link Tape}: `size` consecutive elements of the tape's heap from `at`, row-major. Its values are
 * written once, by the operation that made it, and live until the tape releases it.
 */
export class Tensor {
  readonly tape: Tape;
  readonly shape: Shape;
  /** Number of elements. */
  readonly size: number;
  /** Index of the first element in the tape's heap. */
  readonly at: number;
  /** Place on the tape: an operation's inputs come before it. */
  readonly position: number;

  constructor(tape: Tape, shape: Shape, at: number, position: number) {
    this.tape = tape;
    this.shape = shape;
    this.size = sizeOf(shape);
    this.at = at;
    this.position = position;
  }

  /** A copy of the values in row-major order. @throws CairnError `internal` after the tape released the tensor */
  values(): Float32Array {
    return Float32Array.from(this.raw());
  }

  /** The only value of a tensor of one element, the first of a larger one. @throws CairnError `internal` as {@link values} */
  item(): number {
    return this.raw()[0];
  }

  /**
   * The values themselves, at the heap's own width. The view dies with the tape's next allocation: use it at once.
   * @throws CairnError `internal` after the tape released the tensor
   */
  raw(): Float32Array | Float64Array {
    this.tape.verify(this);
    return this.tape.heap.reals.subarray(this.at, this.at + this.size);
  }
}
