import type { Tensor } from '../tape/tape.ts';

// g where x > 0, slope · g elsewhere. Its derivative by x vanishes wherever there is one.
function gate(g: Tensor, x: Tensor, slope: number): Tensor {
  const out = g.tape.record(g.shape, [g, x], [(h) => gate(h, x, slope), null]);
  out.tape.kernels.gate(g.at, x.at, slope, out.at, out.size);
  return out;
}

/** x above 0, slope · x elsewhere; the derivative at 0 is `slope`. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  const out = x.tape.record(x.shape, [x], [(g) => gate(g, x, slope)]);
  out.tape.kernels.gate(x.at, x.at, slope, out.at, out.size);
  return out;
}

/** x above 0, 0 elsewhere; the derivative at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return leakyRelu(x, 0);
}

/** The absolute value; the derivative at 0 is −1. */
export function abs(x: Tensor): Tensor {
  return leakyRelu(x, -1);
}
