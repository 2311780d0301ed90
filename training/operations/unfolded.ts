import { matrixScratch } from '../kernels/index.ts';
import type { Tape } from '../tape/tape.ts';
import type { Geometry } from './geometry.ts';

/*
 * The three products of a convolution by unfolding each image into a matrix of taps × places: for any stride and
 * padding. x, w and y are element indices of images, weights and outputs.
 */

/** y = x * w, plus the bias if there is one; rectified if wanted. */
export function convolveUnfolded(
  tape: Tape,
  geo: Geometry,
  x: number,
  w: number,
  bias: number | null,
  rectify: boolean,
  y: number,
): void {
  const { batch, filters, extents, image, output, taps, places } = geo;
  tape.lend(taps * places, (columns) => {
    tape.lend(matrixScratch(taps), (scratch) => {
      const { kernels } = tape;
      for (let i = 0; i < batch; i++) {
        const to = y + i * output;
        kernels.unfold(x + i * image, extents, columns);
        if (bias !== null) kernels.repeat(bias, filters, places, 1, to);
        kernels.matrixProduct(
          ...([filters, places, taps, w, taps, 1, columns, places, 1] as const),
          ...([to, bias !== null, rectify, scratch] as const),
        );
      }
    });
  });
}

/** x = the transpose of the convolution by its image, applied to y, plus a bias per channel if there is one. */
export function spreadUnfolded(tape: Tape, geo: Geometry, y: number, w: number, bias: number | null, x: number): void {
  const { batch, filters, extents, image, output, taps, places } = geo;
  tape.lend(taps * places, (columns) => {
    tape.lend(matrixScratch(filters), (scratch) => {
      const { kernels } = tape;
      if (bias === null) tape.heap.reals.fill(0, x, x + batch * image);
      for (let i = 0; i < batch; i++) {
        const from = y + i * output;
        if (bias !== null) kernels.repeat(bias, extents.channels, extents.height * extents.width, 1, x + i * image);
        kernels.matrixProduct(taps, places, filters, w, 1, taps, from, places, 1, columns, false, false, scratch);
        kernels.fold(columns, extents, x + i * image);
      }
    });
  });
}

/** The transpose of w (taps × filters) = the transpose of the convolution by its weights, applied to x and y. */
export function correlateUnfolded(tape: Tape, geo: Geometry, x: number, y: number, transposed: number): void {
  const { batch, filters, extents, image, output, taps, places } = geo;
  tape.lend(taps * places, (columns) => {
    tape.lend(matrixScratch(places), (scratch) => {
      const { kernels } = tape;
      for (let i = 0; i < batch; i++) {
        const from = y + i * output;
        kernels.unfold(x + i * image, extents, columns);
        // In this order the unfolded image is read in place, and only the smaller operand is packed.
        kernels.matrixProduct(
          ...([taps, filters, places, columns, places, 1, from, 1, places] as const),
          ...([transposed, i > 0, false, scratch] as const),
        );
      }
    });
  });
}
