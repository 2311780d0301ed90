import { CairnError } from '../../protocol/errors.ts';
import type { ParameterLayout } from '../../protocol/model/index.ts';
import { createHeap } from '../kernels/index.ts';
import type { Heap, KernelKind, Kernels } from '../kernels/index.ts';
import { shapeError, sizeOf } from './shape.ts';
import type { Shape } from './shape.ts';

/**
 * A tensor on a {@link Tape}: `size` consecutive elements of the tape's heap from `at`, row-major. Its values are
 * written once, by the operation that created it, and live until the tape releases it.
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
    return this.raw()[0]!;
  }

  /**
   * The values themselves, at the heap's own width. The view is invalid after the tape's next allocation: use it at
   * once.
   * @throws CairnError `internal` after the tape released the tensor
   */
  raw(): Float32Array | Float64Array {
    this.tape.verify(this);
    return this.tape.heap.reals.subarray(this.at, this.at + this.size);
  }
}

/** Carries the gradient of an operation's output to one of its inputs, in differentiable operations. */
export type Pullback = (gradient: Tensor) => Tensor;

/** What the tape records about an operation. */
export interface TapeNode {
  readonly output: Tensor;
  readonly inputs: readonly Tensor[];
  /** One per input; null if the output is not a differentiable function of the input. */
  readonly pullbacks: readonly (Pullback | null)[];
}

/** A point on a tape to return to. */
export interface Mark {
  readonly length: number;
  readonly top: number;
}

// Tensors start on cache lines.
const LINE = 16;

/**
 * Records operations in the order in which they ran, so that they can be differentiated backwards (see `gradients`),
 * and holds all their values in one heap that grows like a stack. A training step marks the tape, runs, reads its
 * result and releases: the next step overwrites the same memory, and there is nothing to garbage-collect.
 */
export class Tape {
  readonly heap: Heap;
  readonly #nodes: TapeNode[] = [];
  #top = 0;
  #peak = 0;

  /** @param kind which kernels to run on; by default the fastest available on this machine */
  constructor(kind?: KernelKind) {
    this.heap = createHeap(kind);
  }

  /** The kernels of this tape's heap. */
  get kernels(): Kernels {
    return this.heap.kernels;
  }

  /** Number of tensors on the tape. */
  get length(): number {
    return this.#nodes.length;
  }

  /**
   * A tensor that depends on nothing, with a copy of `values`. @throws CairnError `tensor-shape` for a wrong number of
   * values
   */
  tensor(shape: Shape, values: ArrayLike<number>): Tensor {
    if (values.length !== sizeOf(shape)) throw shapeError('tensor', `${values.length} values`, shape);
    const tensor = this.record(shape, [], []);
    this.heap.reals.set(values, tensor.at);
    return tensor;
  }

  /** A tensor that depends on nothing, with one value everywhere. */
  full(shape: Shape, value: number): Tensor {
    const tensor = this.record(shape, [], []);
    this.heap.reals.fill(value, tensor.at, tensor.at + tensor.size);
    return tensor;
  }

  /**
   * The parameters of a model as tensors by name, consecutive on the heap as they are in the flat vector: the vector as
   * a whole is `flat`, and each named tensor lies inside it.
   * @throws CairnError `update-shape` if the vector's length differs from the layout
   */
  parameters(layout: ParameterLayout, values: Float32Array): { flat: Tensor; named: Record<string, Tensor> } {
    if (values.length !== layout.size)
      throw new CairnError('update-shape', `expected ${layout.size} parameters, got ${values.length}`);
    const flat = this.tensor([layout.size], values);
    const named: Record<string, Tensor> = {};
    for (const name of layout.names)
      named[name] = this.#push(layout.shapeOf(name), flat.at + layout.offsetOf(name), [], []);
    return { flat, named };
  }

  /**
   * Puts an operation on the tape, with room for its output; the caller must write every element of it at once.
   * @throws CairnError `internal` if an input lies on another tape or was released
   */
  record(shape: Shape, inputs: readonly Tensor[], pullbacks: readonly (Pullback | null)[]): Tensor {
    return this.#push(shape, this.allocate(sizeOf(shape)), inputs, pullbacks);
  }

  /**
   * A tensor of another shape over the same elements. @throws CairnError `tensor-shape` for a wrong number of elements
   */
  alias(shape: Shape, source: Tensor, pullback: Pullback): Tensor {
    if (sizeOf(shape) !== source.size) throw shapeError('reshape', `${source.size} elements`, shape);
    return this.#push(shape, source.at, [source], [pullback]);
  }

  /** Room for `elements` that belong to no tensor and live until the next release. */
  allocate(elements: number): number {
    const at = this.#top;
    const top = at + Math.ceil(elements / LINE) * LINE;
    if (top > this.#peak) {
      // First, since memory may be exhausted: otherwise the recorded peak would claim room that does not exist.
      this.heap.reserve(top);
      this.#peak = top;
    }
    this.#top = top;
    return at;
  }

  /** Lends `elements` for the duration of a call; what the call allocates is released too. */
  lend(elements: number, use: (at: number) => void): void {
    const top = this.#top;
    use(this.allocate(elements));
    this.#top = top;
  }

  /** The current point, for {@link release}. */
  mark(): Mark {
    return { length: this.#nodes.length, top: this.#top };
  }

  /** Forgets everything since `mark`: those tensors are dead, and using one is an error. */
  release(mark: Mark): void {
    this.#nodes.length = mark.length;
    this.#top = mark.top;
  }

  /** Forgets everything and overwrites every value that the tape ever held. */
  wipe(): void {
    this.release({ length: 0, top: 0 });
    this.heap.reals.fill(0, 0, this.#peak);
    this.heap.integers.fill(0, 0, this.#peak);
  }

  /** The record at a place on the tape. */
  node(position: number): TapeNode {
    return this.#nodes[position]!;
  }

  /** @throws CairnError `internal` if a tensor lies on another tape or was released */
  verify(tensor: Tensor): void {
    if (tensor.tape !== this) throw new CairnError('internal', 'a tensor was used on a tape other than its own');
    if (this.#nodes.at(tensor.position)?.output !== tensor)
      throw new CairnError('internal', 'a tensor was used after its tape had released it');
  }

  #push(shape: Shape, at: number, inputs: readonly Tensor[], pullbacks: readonly (Pullback | null)[]): Tensor {
    for (const input of inputs) this.verify(input);
    const output = new Tensor(this, shape, at, this.#nodes.length);
    this.#nodes.push({ output, inputs, pullbacks });
    return output;
  }
}
