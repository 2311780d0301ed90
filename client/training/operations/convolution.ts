import type { ConvolutionExtents } from '../kernels/index.ts';
import { matrixScratch } from '../kernels/index.ts';
import { shapeError } from '../tape/shape.ts';
import type { Tensor } from '../tape/tensor.ts';
import { sum } from './arithmetic.ts';

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

/** Extents of one image, and how many images and filters there are. */
interface Geometry {
  readonly batch: number;
  readonly filters: number;
  readonly extents: ConvolutionExtents;
  /** Elements of one image, of one output, of one column of the unfolded image; and output places. */
  readonly image: number;
  readonly output: number;
  readonly taps: number;
  readonly places: number;
}

function geometry(
  batch: number,
  image: readonly number[],
  weight: readonly number[],
  stride: number,
  padding: number,
): Geometry | undefined {
  const [channels, height, width] = image;
  const [filters, depth, kernelHeight, kernelWidth] = weight;
  const outHeight = Math.floor((height + 2 * padding - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;
  const whole = Number.isInteger(stride) && stride >= 1 && Number.isInteger(padding) && padding >= 0;
  if (!whole || depth !== channels || outHeight < 1 || outWidth < 1) return undefined;
  const places = outHeight * outWidth;
  return {
    batch,
    filters,
    extents: { channels, height, width, kernelHeight, kernelWidth, stride, padding, outHeight, outWidth },
    image: channels * height * width,
    output: filters * places,
    taps: channels * kernelHeight * kernelWidth,
    places,
  };
}

const imageShape = ({ batch, extents: e }: Geometry): number[] => [batch, e.channels, e.height, e.width];
const outputShape = ({ batch, filters, extents: e }: Geometry): number[] => [batch, filters, e.outHeight, e.outWidth];
const weightShape = ({ filters, extents: e }: Geometry): number[] => [
  filters,
  e.channels,
  e.kernelHeight,
  e.kernelWidth,
];

function convolve(x: Tensor, w: Tensor, bias: Tensor | null, geo: Geometry): Tensor {
  const { tape } = x;
  const out = tape.record(outputShape(geo), bias ? [x, w, bias] : [x, w], [
    (g) => spread(g, w, geo),
    (g) => correlate(x, g, geo),
    (g) => sum(g, [0, 2, 3]),
  ]);
  const { batch, filters, extents, image, output, taps, places } = geo;
  tape.lend(taps * places, (columns) => {
    tape.lend(matrixScratch(taps), (scratch) => {
      const { kernels } = tape;
      for (let i = 0; i < batch; i++) {
        const to = out.at + i * output;
        kernels.unfold(x.at + i * image, extents, columns);
        if (bias) kernels.repeat(bias.at, filters, places, 1, to);
        kernels.matrixProduct(filters, places, taps, w.at, taps, 1, columns, places, 1, to, bias !== null, scratch);
      }
    });
  });
  return out;
}

function spread(y: Tensor, w: Tensor, geo: Geometry): Tensor {
  const { tape } = y;
  const out = tape.record(imageShape(geo), [y, w], [(g) => convolve(g, w, null, geo), (g) => correlate(g, y, geo)]);
  const { batch, filters, extents, image, output, taps, places } = geo;
  tape.lend(taps * places, (columns) => {
    tape.lend(matrixScratch(filters), (scratch) => {
      const { kernels } = tape;
      tape.heap.reals.fill(0, out.at, out.at + out.size);
      for (let i = 0; i < batch; i++) {
        const from = y.at + i * output;
        kernels.matrixProduct(taps, places, filters, w.at, 1, taps, from, places, 1, columns, false, scratch);
        kernels.fold(columns, extents, out.at + i * image);
      }
    });
  });
  return out;
}

function correlate(x: Tensor, y: Tensor, geo: Geometry): Tensor {
  const { tape } = x;
  const out = tape.record(weightShape(geo), [x, y], [(g) => spread(y, g, geo), (g) => convolve(x, g, null, geo)]);
  const { batch, filters, extents, image, output, taps, places } = geo;
  // taps × filters: this way round the unfolded image is read as it lies, and only the small operand is packed.
  tape.lend(taps * filters, (transposed) => {
    tape.lend(taps * places, (columns) => {
      tape.lend(matrixScratch(places), (scratch) => {
        const { kernels } = tape;
        for (let i = 0; i < batch; i++) {
          const from = y.at + i * output;
          kernels.unfold(x.at + i * image, extents, columns);
          kernels.matrixProduct(taps, filters, places, columns, places, 1, from, 1, places, transposed, i > 0, scratch);
        }
      });
    });
    const heap = tape.heap.reals;
    for (let tap = 0; tap < taps; tap++) {
      for (let filter = 0; filter < filters; filter++)
        heap[out.at + filter * taps + tap] = heap[transposed + tap * filters + filter];
    }
  });
  return out;
}

/**
 * Convolution (as the field calls it: without flipping) of images N × C × H × W with weights O × C × kh × kw, plus one
 * bias per filter where there is one; gives N × O × H' × W' with H' = floor((H + 2·padding − kh) / stride) + 1.
 * @throws CairnError `tensor-shape` where shapes, stride or padding do not fit
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  { stride = 1, padding = 0 }: ConvolutionOptions = {},
): Tensor {
  const [batch, ...image] = x.shape;
  const ranked = x.shape.length === 4 && weight.shape.length === 4;
  const geo = ranked ? geometry(batch, image, weight.shape, stride, padding) : undefined;
  if (geo === undefined || (bias && bias.size !== geo.filters))
    throw shapeError(
      'conv2d',
      `NCHW, OIHW and a bias of O (stride ${stride}, padding ${padding})`,
      x.shape,
      weight.shape,
    );
  return convolve(x, weight, bias, geo);
}

/**
 * Transposed convolution: images N × O × h × w with weights O × C × kh × kw to N × C × H × W, where
 * H = (h − 1)·stride − 2·padding + kh + outputPadding. It is the gradient of {@link conv2d} by its image.
 * @throws CairnError `tensor-shape` where shapes, stride or padding do not fit
 */
export function convTranspose2d(
  y: Tensor,
  weight: Tensor,
  { stride = 1, padding = 0, outputPadding = 0 }: TransposedOptions = {},
): Tensor {
  const [batch, filters, outHeight, outWidth] = y.shape;
  const [, channels, kernelHeight, kernelWidth] = weight.shape;
  const reach = (out: number, kernel: number): number => (out - 1) * stride - 2 * padding + kernel + outputPadding;
  const image = [channels, reach(outHeight, kernelHeight), reach(outWidth, kernelWidth)];
  const ranked = y.shape.length === 4 && weight.shape.length === 4;
  const geo = ranked ? geometry(batch, image, weight.shape, stride, padding) : undefined;
  const fits = geo?.filters === filters && geo.extents.outHeight === outHeight && geo.extents.outWidth === outWidth;
  if (!fits)
    throw shapeError('convTranspose2d', `NOhw and OIHW (stride ${stride}, padding ${padding})`, y.shape, weight.shape);
  return spread(y, weight, geo);
}
