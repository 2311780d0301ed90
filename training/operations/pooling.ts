import type { PoolingExtents } from '../kernels/index.ts';
import { shapeError } from '../tape/shape.ts';
import type { Tensor } from '../tape/tape.ts';
import { scatterAt } from './gather.ts';

function extentsOf(operation: string, x: Tensor, size: number, stride: number): PoolingExtents {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const outHeight = Math.floor((height - size) / stride) + 1;
  const outWidth = Math.floor((width - size) / stride) + 1;
  const whole = Number.isInteger(size) && size >= 1 && Number.isInteger(stride) && stride >= 1;
  if (x.shape.length !== 4 || !whole || outHeight < 1 || outWidth < 1)
    throw shapeError(operation, `NCHW at least as large as the window (size ${size}, stride ${stride})`, x.shape);
  return { planes: batch * channels, height, width, size, stride, outHeight, outWidth };
}

/**
 * The largest value of each window of `size` × `size`, `stride` apart (by default they tile): N × C × H × W to N × C ×
 * H' × W', H' = floor((H − size) / stride) + 1. The gradient goes to the first place that holds the largest value.
 * @throws CairnError `tensor-shape` if the window does not fit
 */
export function maxPool2d(x: Tensor, size: number, stride = size): Tensor {
  const { tape } = x;
  const extents = extentsOf('maxPool2d', x, size, stride);
  const shape = [x.shape[0]!, x.shape[1]!, extents.outHeight, extents.outWidth];
  const winners = tape.allocate(extents.planes * extents.outHeight * extents.outWidth);
  const out = tape.record(shape, [x], [(g) => scatterAt(g, winners, x.shape)]);
  tape.kernels.maxPool(x.at, extents, out.at, winners);
  return out;
}

// Calls `visit` for each output place and each pixel of its window, in order.
function eachPixel(extents: PoolingExtents, visit: (place: number, pixel: number) => void): void {
  const { planes, height, width, size, stride, outHeight, outWidth } = extents;
  let place = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        const corner = (plane * height + y * stride) * width + x * stride;
        for (let ky = 0; ky < size; ky++) for (let kx = 0; kx < size; kx++) visit(place, corner + ky * width + kx);
        place++;
      }
    }
  }
}

function average(x: Tensor, extents: PoolingExtents): Tensor {
  const { outHeight, outWidth, size } = extents;
  const out = x.tape.record(
    [x.shape[0]!, x.shape[1]!, outHeight, outWidth],
    [x],
    [(g) => unaverage(g, extents, x.shape)],
  );
  const heap = x.tape.heap.reals;
  heap.fill(0, out.at, out.at + out.size);
  eachPixel(extents, (place, pixel) => {
    heap[out.at + place]! += heap[x.at + pixel]! / (size * size);
  });
  return out;
}

function unaverage(y: Tensor, extents: PoolingExtents, shape: readonly number[]): Tensor {
  const out = y.tape.record(shape, [y], [(g) => average(g, extents)]);
  const share = extents.size * extents.size;
  const heap = y.tape.heap.reals;
  heap.fill(0, out.at, out.at + out.size);
  eachPixel(extents, (place, pixel) => {
    heap[out.at + pixel]! += heap[y.at + place]! / share;
  });
  return out;
}

/**
 * The mean of each window of `size` × `size`, `stride` apart (by default they tile); shapes as in {@link maxPool2d}.
 * @throws CairnError `tensor-shape` if the window does not fit
 */
export function averagePool2d(x: Tensor, size: number, stride = size): Tensor {
  return average(x, extentsOf('averagePool2d', x, size, stride));
}
