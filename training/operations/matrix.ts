import { matrixScratch } from '../kernels/index.ts';
import { shapeError } from '../tape/shape.ts';
import type { Tensor } from '../tape/tape.ts';
import { sumTo } from './broadcast.ts';
import { beforeRelu } from './rectify.ts';

/** Which operands of a product are taken transposed. */
export interface Transposes {
  readonly a?: boolean;
  readonly b?: boolean;
}

interface Extents {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

function extentsOf(operation: string, a: Tensor, b: Tensor, ta: boolean, tb: boolean): Extents {
  const fits = a.shape.length === 2 && b.shape.length === 2 && a.shape[ta ? 0 : 1] === b.shape[tb ? 1 : 0];
  if (!fits) throw shapeError(operation, 'matrices with a common inner extent', a.shape, b.shape);
  return { m: a.shape[ta ? 1 : 0]!, k: a.shape[ta ? 0 : 1]!, n: b.shape[tb ? 0 : 1]! };
}

function multiply(
  { m, k, n }: Extents,
  a: Tensor,
  b: Tensor,
  ta: boolean,
  tb: boolean,
  out: Tensor,
  onto: boolean,
  rectify: boolean,
): void {
  const { tape } = out;
  const [aRow, aCol] = ta ? [1, m] : [k, 1];
  const [bRow, bCol] = tb ? [1, k] : [n, 1];
  tape.lend(matrixScratch(k), (scratch) => {
    tape.kernels.matrixProduct(m, n, k, a.at, aRow, aCol, b.at, bRow, bCol, out.at, onto, rectify, scratch);
  });
}

/**
 * The matrix product a · b, with either operand optionally transposed.
 * @throws CairnError `tensor-shape` if the operands are not matrices or their inner extents differ
 */
export function matmul(a: Tensor, b: Tensor, { a: ta = false, b: tb = false }: Transposes = {}): Tensor {
  const extents = extentsOf('matmul', a, b, ta, tb);
  const out = a.tape.record(
    [extents.m, extents.n],
    [a, b],
    [
      (g) => (ta ? matmul(b, g, { a: tb, b: true }) : matmul(g, b, { b: !tb })),
      (g) => (tb ? matmul(g, a, { a: true, b: ta }) : matmul(a, g, { a: !ta })),
    ],
  );
  multiply(extents, a, b, ta, tb, out, false, false);
  return out;
}

function affineInto(operation: string, x: Tensor, weight: Tensor, bias: Tensor, rectify: boolean): Tensor {
  const extents = extentsOf(operation, x, weight, false, false);
  if (bias.size !== extents.n) throw shapeError(operation, `a bias of ${extents.n} elements`, bias.shape);
  const before = rectify ? beforeRelu(() => out) : (g: Tensor): Tensor => g;
  const out: Tensor = x.tape.record(
    [extents.m, extents.n],
    [x, weight, bias],
    [
      (g) => matmul(before(g), weight, { b: true }),
      (g) => matmul(x, before(g), { a: true }),
      (g) => sumTo(before(g), bias.shape),
    ],
  );
  out.tape.kernels.repeat(bias.at, 1, extents.m, extents.n, out.at);
  multiply(extents, x, weight, false, false, out, true, rectify);
  return out;
}

/**
 * x · weight + bias, a dense layer: x is batch × inputs, weight inputs × outputs, bias has `outputs` elements. The sums
 * start from the bias.
 * @throws CairnError `tensor-shape` if these do not fit
 */
export function affine(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return affineInto('affine', x, weight, bias, false);
}

/** relu of {@link affine}, bit for bit, in one pass. @throws CairnError `tensor-shape` if the operands do not fit */
export function affineRelu(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return affineInto('affineRelu', x, weight, bias, true);
}
