import { shapeError, sizeOf } from '../tape/shape.ts';
import type { Shape } from '../tape/shape.ts';
import type { Tensor } from '../tape/tape.ts';

// `places` is the heap index of a list of 32-bit integers, one for each element of the smaller tensor.

/** out[i] = x[places[i]], with places on the heap that are known to be inside `x`. */
function gatherAt(x: Tensor, places: number, shape: Shape): Tensor {
  const out = x.tape.record(shape, [x], [(g) => scatterAt(g, places, x.shape)]);
  const { reals, integers } = x.tape.heap;
  for (let i = 0; i < out.size; i++) reals[out.at + i] = reals[x.at + integers[places + i]!]!;
  return out;
}

/** out[places[i]] += x[i] from zero, in ascending order of i: the transpose of {@link gatherAt}. */
export function scatterAt(x: Tensor, places: number, shape: Shape): Tensor {
  const out = x.tape.record(shape, [x], [(g) => gatherAt(g, places, x.shape)]);
  const { reals, integers } = x.tape.heap;
  reals.fill(0, out.at, out.at + out.size);
  for (let i = 0; i < x.size; i++) reals[out.at + integers[places + i]!]! += reals[x.at + i]!;
  return out;
}

function placesOnHeap(operation: string, of: Tensor, places: ArrayLike<number>, count: number, bound: number): number {
  if (places.length !== count) throw shapeError(operation, `${places.length} places`, of.shape);
  const at = of.tape.allocate(count);
  const { integers } = of.tape.heap;
  for (let i = 0; i < count; i++) {
    if (!Number.isInteger(places[i]) || places[i]! < 0 || places[i]! >= bound)
      throw shapeError(operation, `places from 0 to ${bound - 1}, but one is ${places[i]},`, of.shape);
    integers[at + i] = places[i]!;
  }
  return at;
}

/**
 * Picks elements of `x` by their place in row-major order, into a tensor of `shape`: slices, crops, flips and labels.
 * @throws CairnError `tensor-shape` if a place is outside `x`, or their number does not match `shape`
 */
export function gather(x: Tensor, places: ArrayLike<number>, shape: Shape): Tensor {
  return gatherAt(x, placesOnHeap('gather', x, places, sizeOf(shape), x.size), shape);
}

/**
 * Adds the elements of `x` to a tensor of zeros of `shape`, each at its place in row-major order.
 * @throws CairnError `tensor-shape` if a place is outside `shape`, or their number does not match `x`
 */
export function scatter(x: Tensor, places: ArrayLike<number>, shape: Shape): Tensor {
  return scatterAt(x, placesOnHeap('scatter', x, places, x.size, sizeOf(shape)), shape);
}
