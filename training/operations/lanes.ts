import { matrixScratch } from '../kernels/index.ts';
import type { Tape } from '../tape/tape.ts';
import type { Geometry } from './geometry.ts';

/*
 * The three products of a convolution with the batch innermost: channel, row, column, image. A tap's input for a row of
 * outputs is then one run of consecutive elements (for a single output place, if the stride is above 1), and no element
 * of a tile is wasted. Converting the batch there and back costs about a fiftieth of the products. x, w and y are
 * element indices of images, weights and outputs.
 */

/** Layout of a batch of padded images with the batch innermost. */
interface Lanes {
  /** Elements from one row to the next. */
  readonly pitch: number;
  /** Elements from one channel to the next. */
  readonly plane: number;
  /** Index of the first pixel of a channel. */
  readonly origin: number;
  /** Elements of all channels. */
  readonly size: number;
}

function lanesOf({ batch, extents: e }: Geometry): Lanes {
  const pitch = (e.width + 2 * e.padding) * batch;
  const plane = (e.height + 2 * e.padding) * pitch;
  return { pitch, plane, origin: e.padding * (pitch + batch), size: e.channels * plane };
}

/** Elements of a run: a row of outputs of the whole batch, or one place of it if the stride is above 1. */
export function runLength({ batch, extents: e }: Geometry): number {
  return e.stride === 1 ? e.outWidth * batch : batch;
}

// Calls `use` for each run with where it begins in the outputs and in the padded images.
function eachRun(geo: Geometry, { pitch }: Lanes, use: (output: number, image: number) => void): void {
  const { batch, extents: e } = geo;
  const columns = e.stride === 1 ? 1 : e.outWidth;
  for (let row = 0; row < e.outHeight; row++) {
    for (let column = 0; column < columns; column++)
      use((row * e.outWidth + column) * batch, row * e.stride * pitch + column * e.stride * batch);
  }
}

// Calls `use` for each row of each image plane with where it begins in an image and in the padded images.
function eachRow({ extents: e }: Geometry, lanes: Lanes, use: (image: number, lane: number) => void): void {
  for (let channel = 0; channel < e.channels; channel++) {
    for (let row = 0; row < e.height; row++)
      use((channel * e.height + row) * e.width, channel * lanes.plane + row * lanes.pitch + lanes.origin);
  }
}

// Lends the padded images of x, and the table of where each tap starts in them.
function withImages(
  tape: Tape,
  geo: Geometry,
  lanes: Lanes,
  x: number,
  use: (at: number, offsets: number) => void,
): void {
  const { batch, image, extents: e } = geo;
  tape.lend(lanes.size, (at) => {
    tape.lend(geo.taps, (offsets) => {
      const { reals, integers } = tape.heap;
      let to = offsets;
      for (let channel = 0; channel < e.channels; channel++) {
        for (let ky = 0; ky < e.kernelHeight; ky++) {
          for (let kx = 0; kx < e.kernelWidth; kx++)
            integers[to++] = channel * lanes.plane + ky * lanes.pitch + kx * batch;
        }
      }
      const { kernels } = tape;
      if (e.padding === 0) kernels.transpose(x, image, batch, image, at, batch);
      else {
        reals.fill(0, at, at + lanes.size);
        eachRow(geo, lanes, (from, lane) => kernels.transpose(x + from, image, batch, e.width, at + lane, batch));
      }
      use(at, offsets);
    });
  });
}

/** y = x * w, plus the bias if there is one; rectified if wanted. */
export function convolveLanes(
  tape: Tape,
  geo: Geometry,
  x: number,
  w: number,
  bias: number | null,
  rectify: boolean,
  y: number,
): void {
  const { batch, filters, output, taps, places } = geo;
  const lanes = lanesOf(geo);
  const length = runLength(geo);
  withImages(tape, geo, lanes, x, (images, offsets) => {
    tape.lend(output * batch, (out) => {
      tape.lend(matrixScratch(taps), (scratch) => {
        const { kernels } = tape;
        const plane = places * batch;
        eachRun(geo, lanes, (to, from) => {
          kernels.convolveTaps(
            ...([filters, length, taps, w, images + from, offsets, out + to, plane] as const),
            ...([bias ?? -1, rectify, scratch] as const),
          );
        });
        kernels.transpose(out, batch, output, batch, y, output);
      });
    });
  });
}

/** The transpose of w (taps × filters) = the transpose of the convolution by its weights, applied to x and y. */
export function correlateLanes(tape: Tape, geo: Geometry, x: number, y: number, transposed: number): void {
  const { batch, filters, output, taps, places } = geo;
  const lanes = lanesOf(geo);
  const length = runLength(geo);
  withImages(tape, geo, lanes, x, (images, offsets) => {
    tape.lend(output * batch, (outputs) => {
      tape.lend(matrixScratch(length), (scratch) => {
        const { kernels } = tape;
        kernels.transpose(y, output, batch, output, outputs, batch);
        let onto = false;
        eachRun(geo, lanes, (by, from) => {
          kernels.correlateTaps(
            ...([taps, filters, length, images + from, offsets, outputs + by, places * batch] as const),
            ...([transposed, onto, scratch] as const),
          );
          onto = true;
        });
      });
    });
  });
}

// Elements of unfolded outputs that are added to the images before the next ones are computed: half of a second-level
// cache.
const UNFOLDED = 1 << 16;

/**
 * x = the transpose of the convolution by its image, applied to y, plus a bias per channel if there is one: each tap's
 * contribution to each output place, a few channels and one row of places at a time, is added at the tap's place.
 */
export function spreadLanes(tape: Tape, geo: Geometry, y: number, w: number, bias: number | null, x: number): void {
  const { batch, filters, extents: e, image, output, taps, places } = geo;
  const { kernels } = tape;
  const lanes = lanesOf(geo);
  const area = e.kernelHeight * e.kernelWidth;
  const row = e.outWidth * batch;
  const group = Math.max(1, Math.min(e.channels, Math.floor(UNFOLDED / (area * row))));
  // A tap's places of one output row: one run if the stride is 1.
  const [pieces, piece] = e.stride === 1 ? [1, row] : [e.outWidth, batch];

  function addTaps(columns: number, first: number, channels: number, outRow: number, images: number): void {
    for (let channel = first; channel < first + channels; channel++) {
      for (let ky = 0; ky < e.kernelHeight; ky++) {
        for (let kx = 0; kx < e.kernelWidth; kx++) {
          const to = channel * lanes.plane + (outRow * e.stride + ky) * lanes.pitch + kx * batch;
          kernels.addRows(columns, piece, images + to, e.stride * batch, pieces, piece);
          columns += row;
        }
      }
    }
  }

  tape.lend(lanes.size, (images) => {
    tape.lend(output * batch, (outputs) => {
      tape.lend(group * area * row, (columns) => {
        tape.lend(matrixScratch(filters), (scratch) => {
          kernels.transpose(y, output, batch, output, outputs, batch);
          if (bias === null) tape.heap.reals.fill(0, images, images + lanes.size);
          else kernels.repeat(bias, e.channels, lanes.plane, 1, images);
          const plane = places * batch;
          for (let first = 0; first < e.channels; first += group) {
            const channels = Math.min(group, e.channels - first);
            for (let outRow = 0; outRow < e.outHeight; outRow++) {
              kernels.matrixProduct(
                ...([channels * area, row, filters, w + first * area, 1, taps] as const),
                ...([outputs + outRow * row, plane, 1, columns, false, false, scratch] as const),
              );
              addTaps(columns, first, channels, outRow, images);
            }
          }
          if (e.padding === 0) kernels.transpose(images, batch, image, batch, x, image);
          else
            eachRow(geo, lanes, (to, lane) => kernels.transpose(images + lane, batch, e.width, batch, x + to, image));
        });
      });
    });
  });
}
