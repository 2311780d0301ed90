import type { ConvolutionExtents } from '../kernels/index.ts';

/** Extents of a convolution of `batch` images, with what the loops over them need. */
export interface Geometry {
  readonly batch: number;
  readonly filters: number;
  readonly extents: ConvolutionExtents;
  /** Elements of one image. */
  readonly image: number;
  /** Elements of one image's output. */
  readonly output: number;
  /** Places of one window: channels · kernel height · kernel width. */
  readonly taps: number;
  /** Places of one output plane. */
  readonly places: number;
}

/**
 * The geometry of a convolution of images (channels, height, width) by weights (filters, channels, kernel height,
 * kernel width); undefined if these, the stride and the padding do not fit.
 */
export function geometry(
  batch: number,
  image: readonly number[],
  weight: readonly number[],
  stride: number,
  padding: number,
): Geometry | undefined {
  const [channels, height, width] = image as [number, number, number];
  const [filters, depth, kernelHeight, kernelWidth] = weight as [number, number, number, number];
  const outHeight = Math.floor((height + 2 * padding - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;
  const whole = Number.isInteger(stride) && stride >= 1 && Number.isInteger(padding) && padding >= 0;
  // Checked for the image too, since a transposed convolution computes it: padding may leave nothing of it.
  const extents = [height, width, outHeight, outWidth];
  if (!whole || depth !== channels || !extents.every((extent) => extent >= 1)) return undefined;
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

/** N × C × H × W. */
export const imageShape = ({ batch, extents: e }: Geometry): number[] => [batch, e.channels, e.height, e.width];

/** N × O × H' × W'. */
export const outputShape = ({ batch, filters, extents: e }: Geometry): number[] => [
  batch,
  filters,
  e.outHeight,
  e.outWidth,
];

/** O × C × kh × kw. */
export const weightShape = ({ filters, extents: e }: Geometry): number[] => [
  filters,
  e.channels,
  e.kernelHeight,
  e.kernelWidth,
];
