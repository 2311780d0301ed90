import { matrixScratch } from '../kernels/index.ts';
import type { Tape } from '../tape/tape.ts';
import type { Geometry } from './geometry.ts';

/*
 * The three products of a convolution with stride 1, without unfolding: each image is laid out flat with zeros around
 * it, and a tap's input is that flat image from a different start. Rows share the zeros between them: the margin to the
 * right of one is the margin to the left of the next. Places of the flat output that lie in a margin are computed and
 * discarded, or multiplied by zero: about a tenth of the work, whereas unfolding costs a third. x, w and y are element
 * indices of images, weights and outputs.
 */

/** Layout of a flat padded image. */
interface Flat {
  /** Elements from one row to the next. */
  readonly pitch: number;
  /** Elements from one channel to the next. */
  readonly plane: number;
  /** Index of the first pixel of a channel. */
  readonly origin: number;
  /** Elements of the flat image, including those after its end that the last tap of the last tile touches. */
  readonly size: number;
  /** Places of one flat output plane, from the first to the last valid one. */
  readonly length: number;
  /** The same, but at least a whole tile. */
  readonly padded: number;
}

function flatten({ extents: e }: Geometry): Flat {
  const pitch = e.width + e.padding;
  const plane = (e.height + 2 * e.padding) * pitch;
  const length = (e.outHeight - 1) * pitch + e.outWidth;
  const padded = Math.max(16, length);
  const lastTap = (e.channels - 1) * plane + (e.kernelHeight - 1) * pitch + e.kernelWidth - 1;
  const size = Math.max(e.channels * plane + e.padding, lastTap + padded);
  return { pitch, plane, origin: e.padding * pitch + e.padding, size, length, padded };
}

/** Whether this method applies: a stride of 1, and padding below the window's extents. */
export function shiftable({ extents: e }: Geometry): boolean {
  return e.stride === 1 && e.padding < e.kernelHeight && e.padding < e.kernelWidth;
}

/** Elements of an output plane as computed: its places and the margins between them. */
export function flatLength(geo: Geometry): number {
  return flatten(geo).padded;
}

// Lends a flat image of zeros and the table of where each tap starts in it.
function withFlat(tape: Tape, geo: Geometry, flat: Flat, use: (image: number, offsets: number) => void): void {
  const { channels, kernelHeight, kernelWidth } = geo.extents;
  tape.lend(flat.size, (image) => {
    tape.lend(geo.taps, (offsets) => {
      const { reals, integers } = tape.heap;
      reals.fill(0, image, image + flat.size);
      let at = offsets;
      for (let channel = 0; channel < channels; channel++) {
        for (let ky = 0; ky < kernelHeight; ky++) {
          for (let kx = 0; kx < kernelWidth; kx++) integers[at++] = channel * flat.plane + ky * flat.pitch + kx;
        }
      }
      use(image, offsets);
    });
  });
}

/** y = x * w, plus the bias if there is one; rectified if wanted. */
export function convolveShifted(
  tape: Tape,
  geo: Geometry,
  x: number,
  w: number,
  bias: number | null,
  rectify: boolean,
  y: number,
): void {
  const { batch, filters, extents: e, image, output, taps, places } = geo;
  const flat = flatten(geo);
  withFlat(tape, geo, flat, (padded, offsets) => {
    tape.lend(filters * flat.padded, (out) => {
      tape.lend(matrixScratch(taps), (scratch) => {
        const { kernels } = tape;
        for (let i = 0; i < batch; i++) {
          const from = x + i * image;
          const to = y + i * output;
          const pixels = e.height * e.width;
          kernels.copyRows(
            from,
            pixels,
            e.width,
            padded + flat.origin,
            flat.plane,
            flat.pitch,
            e.channels,
            e.height,
            e.width,
          );
          kernels.convolveTaps(
            ...([filters, flat.padded, taps, w, padded, offsets, out, flat.padded] as const),
            ...([bias ?? -1, rectify, scratch] as const),
          );
          kernels.copyRows(out, flat.padded, flat.pitch, to, places, e.outWidth, filters, e.outHeight, e.outWidth);
        }
      });
    });
  });
}

/** The transpose of w (taps × filters) = the transpose of the convolution by its weights, applied to x and y. */
export function correlateShifted(tape: Tape, geo: Geometry, x: number, y: number, transposed: number): void {
  const { batch, filters, extents: e, image, output, taps, places } = geo;
  const flat = flatten(geo);
  withFlat(tape, geo, flat, (padded, offsets) => {
    tape.lend(filters * flat.padded, (flatY) => {
      tape.lend(matrixScratch(flat.length), (scratch) => {
        const { kernels } = tape;
        const pixels = e.height * e.width;
        tape.heap.reals.fill(0, flatY, flatY + filters * flat.padded);
        for (let i = 0; i < batch; i++) {
          const [from, by] = [x + i * image, y + i * output];
          kernels.copyRows(
            from,
            pixels,
            e.width,
            padded + flat.origin,
            flat.plane,
            flat.pitch,
            e.channels,
            e.height,
            e.width,
          );
          kernels.copyRows(by, places, e.outWidth, flatY, flat.padded, flat.pitch, filters, e.outHeight, e.outWidth);
          kernels.correlateTaps(
            taps,
            filters,
            flat.length,
            padded,
            offsets,
            flatY,
            flat.padded,
            transposed,
            i > 0,
            scratch,
          );
        }
      });
    });
  });
}
