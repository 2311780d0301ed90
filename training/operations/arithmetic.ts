import { sameShape, shapeError, sizeOf } from '../tape/shape.ts';
import type { Shape } from '../tape/shape.ts';
import type { Pullback, Tensor } from '../tape/tape.ts';
import { broadcastTo, commonShape, reshape, sumTo } from './broadcast.ts';

type Kernel = 'add' | 'sub' | 'mul' | 'div';

function binary(
  kernel: Kernel,
  a: Tensor,
  b: Tensor,
  pullbacks: (x: Tensor, y: Tensor, out: () => Tensor) => readonly [Pullback, Pullback],
): Tensor {
  let [x, y] = [a, b];
  if (!sameShape(a.shape, b.shape)) {
    const shape = commonShape(kernel, a.shape, b.shape);
    x = broadcastTo(a, shape);
    y = broadcastTo(b, shape);
  }
  const out: Tensor = x.tape.record(
    x.shape,
    [x, y],
    pullbacks(x, y, () => out),
  );
  out.tape.kernels[kernel](x.at, y.at, out.at, out.size);
  return out;
}

/** a + b; shapes broadcast. @throws CairnError `tensor-shape` if they do not */
export function add(a: Tensor, b: Tensor): Tensor {
  return binary('add', a, b, () => [(g) => g, (g) => g]);
}

/** a − b; shapes broadcast. @throws CairnError `tensor-shape` if they do not */
export function sub(a: Tensor, b: Tensor): Tensor {
  return binary('sub', a, b, () => [(g) => g, neg]);
}

/** a · b, element by element; shapes broadcast. @throws CairnError `tensor-shape` if they do not */
export function mul(a: Tensor, b: Tensor): Tensor {
  return binary('mul', a, b, (x, y) => [(g) => mul(g, y), (g) => mul(g, x)]);
}

/** a / b, element by element; shapes broadcast. @throws CairnError `tensor-shape` if they do not */
export function div(a: Tensor, b: Tensor): Tensor {
  return binary('div', a, b, (_, y, out) => [(g) => div(g, y), (g) => neg(div(mul(g, out()), y))]);
}

/** x times a number that is not differentiated. */
export function scale(x: Tensor, factor: number): Tensor {
  const out = x.tape.record(x.shape, [x], [(g) => scale(g, factor)]);
  out.tape.kernels.scale(factor, x.at, out.at, out.size);
  return out;
}

/** −x. */
export function neg(x: Tensor): Tensor {
  return scale(x, -1);
}

/**
 * The sum over `axes` (all of them by default), which are kept with extent 1 if `keep` is set and dropped otherwise.
 * Negative axes count from the last.
 * @throws CairnError `tensor-shape` for an axis that `x` lacks
 */
export function sum(x: Tensor, axes?: readonly number[], keep = false): Tensor {
  const kept = keptShape(x.shape, axes);
  const summed = sumTo(x, kept);
  if (keep) return summed;
  const gone = new Set(axes?.map((axis) => (axis < 0 ? axis + x.shape.length : axis)) ?? x.shape.keys());
  return reshape(
    summed,
    x.shape.filter((_, axis) => !gone.has(axis)),
  );
}

/** The mean over `axes`; see {@link sum}. @throws CairnError `tensor-shape` for an axis that `x` lacks */
export function mean(x: Tensor, axes?: readonly number[], keep = false): Tensor {
  return scale(sum(x, axes, keep), sizeOf(keptShape(x.shape, axes)) / x.size);
}

function keptShape(shape: Shape, axes: readonly number[] = [...shape.keys()]): Shape {
  const kept = [...shape];
  for (const axis of axes) {
    const at = axis < 0 ? axis + shape.length : axis;
    if (!(at in kept)) throw shapeError('sum', `axis ${axis} to exist`, shape);
    kept[at] = 1;
  }
  return kept;
}
