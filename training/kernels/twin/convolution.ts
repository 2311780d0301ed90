import type { ConvolutionExtents, Kernels } from '../kernels.ts';
import type { Arithmetic } from './arithmetic.ts';

/** Calls `visit` for every tap and output place in order; `pixel` is −1 if the tap falls outside the image. */
function eachTap(extents: ConvolutionExtents, visit: (column: number, pixel: number) => void): void {
  const { channels, height, width, kernelHeight, kernelWidth, stride, padding, outHeight, outWidth } = extents;
  let column = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let ky = 0; ky < kernelHeight; ky++) {
      for (let kx = 0; kx < kernelWidth; kx++) {
        for (let y = 0; y < outHeight; y++) {
          const row = y * stride + ky - padding;
          for (let x = 0; x < outWidth; x++) {
            const at = x * stride + kx - padding;
            const inside = row >= 0 && row < height && at >= 0 && at < width;
            visit(column++, inside ? (channel * height + row) * width + at : -1);
          }
        }
      }
    }
  }
}

/** Unfolding, folding and max pooling in plain TypeScript; see {@link Kernels}. */
export function convolutionTwin({ reals, integers }: Arithmetic): Pick<Kernels, 'unfold' | 'fold' | 'maxPool'> {
  return {
    unfold(image, extents, columns) {
      const heap = reals();
      eachTap(extents, (column, pixel) => {
        heap[columns + column] = pixel < 0 ? 0 : heap[image + pixel]!;
      });
    },
    fold(columns, extents, image) {
      const heap = reals();
      eachTap(extents, (column, pixel) => {
        if (pixel >= 0) heap[image + pixel]! += heap[columns + column]!;
      });
    },
    maxPool(x, { planes, height, width, size, stride, outHeight, outWidth }, out, winners) {
      const heap = reals();
      const places = integers();
      let index = 0;
      for (let plane = 0; plane < planes; plane++) {
        for (let y = 0; y < outHeight; y++) {
          for (let column = 0; column < outWidth; column++) {
            const corner = (plane * height + y * stride) * width + column * stride;
            let winner = corner;
            for (let ky = 0; ky < size; ky++) {
              for (let kx = 0; kx < size; kx++) {
                const at = corner + ky * width + kx;
                if (heap[x + at]! > heap[x + winner]!) winner = at;
              }
            }
            heap[out + index] = heap[x + winner]!;
            places[winners + index] = winner;
            index++;
          }
        }
      }
    },
  };
}
