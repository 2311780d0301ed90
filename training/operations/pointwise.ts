import * as numeric from '../../protocol/numeric.ts';
import type { Tensor } from '../tape/tape.ts';
import { add, div, mul, scale, sub } from './arithmetic.ts';

function pointwise(x: Tensor, f: (value: number) => number, pullback: (g: Tensor, out: Tensor) => Tensor): Tensor {
  const out: Tensor = x.tape.record(x.shape, [x], [(g) => pullback(g, out)]);
  const heap = x.tape.heap.reals;
  for (let i = 0; i < x.size; i++) heap[out.at + i] = f(heap[x.at + i]!);
  return out;
}

/** e^x. */
export function exp(x: Tensor): Tensor {
  return pointwise(x, numeric.exp, mul);
}

/** The natural logarithm: −Infinity at 0, NaN below. */
export function log(x: Tensor): Tensor {
  return pointwise(x, numeric.log, (g) => div(g, x));
}

/** The square root: NaN below 0, an infinite derivative at 0. */
export function sqrt(x: Tensor): Tensor {
  return pointwise(x, Math.sqrt, (g, out) => div(scale(g, 0.5), out));
}

/** 1 / (1 + e^−x). */
export function sigmoid(x: Tensor): Tensor {
  return pointwise(x, numeric.sigmoid, (g, out) => mul(g, sub(out, mul(out, out))));
}

/** The hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  return pointwise(x, numeric.tanh, (g, out) => sub(g, mul(g, mul(out, out))));
}

/** ln(1 + e^x). */
export function softplus(x: Tensor): Tensor {
  return pointwise(x, numeric.softplus, (g) => mul(g, sigmoid(x)));
}

/** x². */
export function square(x: Tensor): Tensor {
  const out = x.tape.record(x.shape, [x], [(g) => mul(g, add(x, x))]);
  out.tape.kernels.mul(x.at, x.at, out.at, out.size);
  return out;
}
