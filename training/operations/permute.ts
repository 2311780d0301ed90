import { shapeError } from '../tape/shape.ts';
import type { Tensor } from '../tape/tape.ts';

/**
 * Reorders axes: axis i of the result is axis `order[i]` of `x`.
 * @throws CairnError `tensor-shape` if `order` is not a permutation of the axes of `x`
 */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  const rank = x.shape.length;
  if (order.length !== rank || new Set(order).size !== rank || order.some((axis) => !(axis in x.shape)))
    throw shapeError('permute', `an order of ${rank} axes (came: ${order.join(', ')})`, x.shape);
  const inverse: number[] = [];
  for (const [i, axis] of order.entries()) inverse[axis] = i;
  const out = x.tape.record(
    order.map((axis) => x.shape[axis]!),
    [x],
    [(g) => permute(g, inverse)],
  );
  const strides: number[] = [];
  let step = 1;
  for (let axis = rank - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= x.shape[axis]!;
  }
  const heap = x.tape.heap.reals;
  const index = new Array<number>(rank).fill(0);
  let from = x.at;
  for (let to = out.at; to < out.at + out.size; to++) {
    heap[to] = heap[from]!;
    // Counts up like an odometer, the last axis first.
    for (let i = rank - 1; i >= 0; i--) {
      const stride = strides[order[i]!]!;
      from += stride;
      if (++index[i]! < out.shape[i]!) break;
      from -= stride * out.shape[i]!;
      index[i] = 0;
    }
  }
  return out;
}

/** The transpose of a matrix. @throws CairnError `tensor-shape` if `x` is not one */
export function transpose(x: Tensor): Tensor {
  return permute(x, [1, 0]);
}
