import { sameShape, shapeError, sizeOf } from '../tape/shape.ts';
import type { Shape } from '../tape/shape.ts';
import type { Tensor } from '../tape/tape.ts';

/** A run of neighbouring axes that are all repeated, or all kept, when `small` is broadcast to `large`. */
interface Run {
  readonly repeated: boolean;
  extent: number;
}

// Neighbouring axes of the same kind are one axis to the kernels.
function runs(small: Shape, large: Shape, operation: string): Run[] {
  const lead = large.length - small.length;
  const found: Run[] = [];
  for (let axis = 0; axis < large.length; axis++) {
    const extent = large[axis]!;
    const own = axis < lead ? 1 : small[axis - lead];
    if (lead < 0 || (own !== extent && own !== 1)) break;
    if (extent === 1) continue;
    const repeated = own === 1;
    const last = found.at(-1);
    if (last?.repeated === repeated) last.extent *= extent;
    else found.push({ repeated, extent });
  }
  const covered = found.reduce((product, run) => product * run.extent, 1);
  if (lead < 0 || covered !== sizeOf(large)) throw shapeError(operation, 'shapes that broadcast', small, large);
  return found;
}

const extents = (list: readonly Run[], keep: (run: Run) => boolean): number =>
  list.reduce((product, run) => (keep(run) ? product * run.extent : product), 1);

/** The same elements in another shape. @throws CairnError `tensor-shape` for a different number of elements */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return x.tape.alias(shape, x, (g) => reshape(g, x.shape));
}

/**
 * Repeats `x` along the axes where it has extent 1, or none, so that it gets `shape`; axes are matched from the last.
 * @throws CairnError `tensor-shape` if the shapes do not broadcast
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const list = runs(x.shape, shape, 'broadcastTo');
  if (sizeOf(shape) === x.size) return reshape(x, shape);
  const { tape } = x;
  const out = tape.record(shape, [x], [(g) => sumTo(g, x.shape)]);
  const repeats = list.filter((run) => run.repeated).length;
  tape.lend(repeats > 1 ? 2 * out.size : 0, (spare) => {
    let from = x.at;
    let left = repeats;
    // From the last axis: what lies to the left is not repeated yet, what lies to the right is.
    for (let i = list.length - 1; i >= 0; i--) {
      const run = list[i]!;
      if (!run.repeated) continue;
      const outer = extents(list.slice(0, i), (other) => !other.repeated);
      const inner = extents(list.slice(i + 1), () => true);
      left--;
      const to = left === 0 ? out.at : spare + (left % 2) * out.size;
      tape.kernels.repeat(from, outer, run.extent, inner, to);
      from = to;
    }
  });
  return out;
}

/**
 * Sums `x` along the axes that `shape` lacks or has with extent 1: the transpose of {@link broadcastTo}.
 * @throws CairnError `tensor-shape` if `shape` does not broadcast to that of `x`
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const list = runs(shape, x.shape, 'sumTo');
  if (sizeOf(shape) === x.size) return reshape(x, shape);
  const { tape } = x;
  const out = tape.record(shape, [x], [(g) => broadcastTo(g, x.shape)]);
  const { kernels } = tape;
  const sums = list.filter((run) => run.repeated).length;
  tape.lend(sums > 1 ? x.size : 0, (spare) => {
    let from = x.at;
    let left = sums;
    // From the last axis: what lies to the left is not summed yet, what lies to the right is.
    for (let i = list.length - 1; i >= 0; i--) {
      const run = list[i]!;
      if (!run.repeated) continue;
      const outer = extents(list.slice(0, i), () => true);
      const inner = extents(list.slice(i + 1), (other) => !other.repeated);
      left--;
      const to = left === 0 ? out.at : spare;
      if (left > 0) spare += outer * inner;
      if (inner === 1) kernels.sumRows(from, outer, run.extent, to);
      else
        for (let o = 0; o < outer; o++)
          kernels.sumColumns(from + o * run.extent * inner, run.extent, inner, to + o * inner);
      from = to;
    }
  });
  return out;
}

/** The shape that two shapes broadcast to. @throws CairnError `tensor-shape` if they do not */
export function commonShape(operation: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const x = a[axis - rank + a.length] ?? 1;
    const y = b[axis - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw shapeError(operation, 'shapes that broadcast', a, b);
    shape.push(Math.max(x, y));
  }
  return shape;
}
