import type { Pullback, Tensor } from '../tape/tape.ts';

// g where x > 0, slope · g elsewhere. Its derivative by x is zero wherever it exists.
function gate(g: Tensor, x: Tensor, slope: number): Tensor {
  const out = g.tape.record(g.shape, [g, x], [(h) => gate(h, x, slope), null]);
  out.tape.kernels.gate(g.at, x.at, slope, out.at, out.size);
  return out;
}

/** x above 0, otherwise slope · x; the derivative at 0 is `slope`. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  const out = x.tape.record(x.shape, [x], [(g) => gate(g, x, slope)]);
  out.tape.kernels.gate(x.at, x.at, slope, out.at, out.size);
  return out;
}

/** x above 0, otherwise 0; the derivative at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return leakyRelu(x, 0);
}

/** The absolute value; the derivative at 0 is −1. */
export function abs(x: Tensor): Tensor {
  return leakyRelu(x, -1);
}

/**
 * For an operation that rectifies its own output: carries a gradient of that output to what was rectified. The output
 * is positive exactly where its input was. A gradient is carried once, however many inputs need it.
 */
export function beforeRelu(out: () => Tensor): Pullback {
  let last: { readonly after: Tensor; readonly before: Tensor } | undefined;
  return (after) => {
    if (last?.after !== after) last = { after, before: gate(after, out(), 0) };
    return last.before;
  };
}
