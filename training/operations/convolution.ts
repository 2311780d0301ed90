import { shapeError } from '../tape/shape.ts';
import type { Tensor } from '../tape/tape.ts';
import { sum } from './arithmetic.ts';
import { geometry, imageShape, outputShape, weightShape } from './geometry.ts';
import type { Geometry } from './geometry.ts';
import { convolveInto, correlateInto, spreadInto } from './products.ts';
import { beforeRelu } from './rectify.ts';

/*
 * Layout: images are batch × channels × rows × columns (NCHW), weights filters × channels × rows × columns (OIHW).
 * A convolution is linear in the image x and in the weight w, and three operations are closed under differentiation:
 * convolve(x, w) → y, spread(y, w) → x (its transpose by x) and correlate(x, y) → w (its transpose by w).
 */

/** Steps and margins of a convolution; the same for rows and columns. */
export interface ConvolutionOptions {
  /** Distance between output places, from 1 (the default). */
  readonly stride?: number;
  /** Rows and columns of zeros around the image, from 0 (the default). */
  readonly padding?: number;
}

/** Steps and margins of a transposed convolution, named after the convolution that it transposes. */
export interface TransposedOptions extends ConvolutionOptions {
  /** Rows and columns to add at the end of the image, from 0 (the default) to stride − 1. */
  readonly outputPadding?: number;
}

function convolve(x: Tensor, w: Tensor, bias: Tensor | null, geo: Geometry, rectify = false): Tensor {
  const before = rectify ? beforeRelu(() => out) : (g: Tensor): Tensor => g;
  const out: Tensor = x.tape.record(outputShape(geo), bias ? [x, w, bias] : [x, w], [
    (g) => spread(before(g), w, null, geo),
    (g) => correlate(x, before(g), geo),
    (g) => sum(before(g), [0, 2, 3]),
  ]);
  convolveInto(x.tape, geo, x.at, w.at, bias && bias.at, rectify, out.at);
  return out;
}

function spread(y: Tensor, w: Tensor, bias: Tensor | null, geo: Geometry): Tensor {
  const out = y.tape.record(imageShape(geo), bias ? [y, w, bias] : [y, w], [
    (g) => convolve(g, w, null, geo),
    (g) => correlate(g, y, geo),
    (g) => sum(g, [0, 2, 3]),
  ]);
  spreadInto(y.tape, geo, y.at, w.at, bias && bias.at, out.at);
  return out;
}

function correlate(x: Tensor, y: Tensor, geo: Geometry): Tensor {
  const { tape } = x;
  const out = tape.record(weightShape(geo), [x, y], [(g) => spread(y, g, null, geo), (g) => convolve(x, g, null, geo)]);
  const { taps, filters } = geo;
  tape.lend(taps * filters, (transposed) => {
    correlateInto(tape, geo, x.at, y.at, transposed);
    tape.kernels.transpose(transposed, filters, taps, filters, out.at, taps);
  });
  return out;
}

function convolveChecked(
  operation: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  { stride = 1, padding = 0 }: ConvolutionOptions,
  rectify: boolean,
): Tensor {
  const [batch, ...image] = x.shape;
  const ranked = x.shape.length === 4 && weight.shape.length === 4;
  const geo = ranked ? geometry(batch!, image, weight.shape, stride, padding) : undefined;
  if (geo === undefined || (bias && bias.size !== geo.filters))
    throw shapeError(
      operation,
      `NCHW, OIHW and a bias of O (stride ${stride}, padding ${padding})`,
      x.shape,
      weight.shape,
    );
  return convolve(x, weight, bias, geo, rectify);
}

/**
 * Convolution (in the field's sense: without flipping) of images N × C × H × W with weights O × C × kh × kw, plus one
 * bias per filter if there is one; gives N × O × H' × W' with H' = floor((H + 2·padding − kh) / stride) + 1.
 * @throws CairnError `tensor-shape` if shapes, stride or padding do not fit
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvolutionOptions = {},
): Tensor {
  return convolveChecked('conv2d', x, weight, bias, options, false);
}

/** relu of {@link conv2d}, bit for bit, in one pass. @throws CairnError `tensor-shape` likewise */
export function conv2dRelu(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvolutionOptions = {},
): Tensor {
  return convolveChecked('conv2dRelu', x, weight, bias, options, true);
}

/**
 * Transposed convolution: images N × O × h × w with weights O × C × kh × kw, plus one bias per channel C if there is
 * one, to N × C × H × W, where H = (h − 1)·stride − 2·padding + kh + outputPadding. It is the gradient of {@link conv2d} by its image.
 * @throws CairnError `tensor-shape` if shapes, stride or padding do not fit
 */
export function convTranspose2d(
  y: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  { stride = 1, padding = 0, outputPadding = 0 }: TransposedOptions = {},
): Tensor {
  const [batch, filters, outHeight, outWidth] = y.shape as [number, number, number, number];
  const [, channels, kernelHeight, kernelWidth] = weight.shape as [number, number, number, number];
  const reach = (out: number, kernel: number): number => (out - 1) * stride - 2 * padding + kernel + outputPadding;
  const image = [channels, reach(outHeight, kernelHeight), reach(outWidth, kernelWidth)];
  const ranked = y.shape.length === 4 && weight.shape.length === 4;
  const geo = ranked ? geometry(batch, image, weight.shape, stride, padding) : undefined;
  const fits = geo?.filters === filters && geo.extents.outHeight === outHeight && geo.extents.outWidth === outWidth;
  if (!fits || (bias && bias.size !== channels))
    throw shapeError(
      'convTranspose2d',
      `NOhw, OCHW and a bias of C (stride ${stride}, padding ${padding})`,
      y.shape,
      weight.shape,
    );
  return spread(y, weight, bias, geo);
}
