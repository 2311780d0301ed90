// Unfolding of one image for convolution, and its transpose. Layout: channels, rows, columns.
import { address, copy, zero } from './memory';

/** See `Kernels.unfold`. */
export function unfold(
  image: u32,
  channels: i32,
  height: i32,
  width: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  stride: i32,
  padding: i32,
  outHeight: i32,
  outWidth: i32,
  columns: u32,
): void {
  let to = address(columns);
  const rowBytes = (<usize>outWidth) << 2;
  for (let channel = 0; channel < channels; channel++) {
    const plane = address(image) + ((<usize>(channel * height * width)) << 2);
    for (let ky = 0; ky < kernelHeight; ky++) {
      for (let kx = 0; kx < kernelWidth; kx++) {
        // Output columns whose tap lies inside the image.
        const first = min(outWidth, max(0, (padding - kx + stride - 1) / stride));
        const reach = width - 1 + padding - kx;
        const end = reach < 0 ? first : max(first, min(outWidth, reach / stride + 1));
        for (let y = 0; y < outHeight; y++) {
          const row = y * stride + ky - padding;
          if (row < 0 || row >= height) {
            zero(to, outWidth);
          } else {
            for (let x = 0; x < first; x++) store<f32>(to + ((<usize>x) << 2), 0);
            const from = plane + ((<usize>(row * width + first * stride + kx - padding)) << 2);
            const target = to + ((<usize>first) << 2);
            const n = end - first;
            if (stride === 1) copy(target, from, n);
            else {
              for (let x = 0; x < n; x++)
                store<f32>(target + ((<usize>x) << 2), load<f32>(from + ((<usize>(x * stride)) << 2)));
            }
            for (let x = end; x < outWidth; x++) store<f32>(to + ((<usize>x) << 2), 0);
          }
          to += rowBytes;
        }
      }
    }
  }
}

/** See `Kernels.fold`. */
export function fold(
  columns: u32,
  channels: i32,
  height: i32,
  width: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  stride: i32,
  padding: i32,
  outHeight: i32,
  outWidth: i32,
  image: u32,
): void {
  let from = address(columns);
  const rowBytes = (<usize>outWidth) << 2;
  for (let channel = 0; channel < channels; channel++) {
    const plane = address(image) + ((<usize>(channel * height * width)) << 2);
    for (let ky = 0; ky < kernelHeight; ky++) {
      for (let kx = 0; kx < kernelWidth; kx++) {
        const first = min(outWidth, max(0, (padding - kx + stride - 1) / stride));
        const reach = width - 1 + padding - kx;
        const end = reach < 0 ? first : max(first, min(outWidth, reach / stride + 1));
        for (let y = 0; y < outHeight; y++) {
          const row = y * stride + ky - padding;
          if (row >= 0 && row < height) {
            const to = plane + ((<usize>(row * width + first * stride + kx - padding)) << 2);
            const source = from + ((<usize>first) << 2);
            const n = end - first;
            let x = 0;
            if (stride === 1) {
              for (; x + 4 <= n; x += 4) {
                const at = (<usize>x) << 2;
                v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(source + at)));
              }
            }
            for (; x < n; x++) {
              const at = to + ((<usize>(x * stride)) << 2);
              store<f32>(at, load<f32>(at) + load<f32>(source + ((<usize>x) << 2)));
            }
          }
          from += rowBytes;
        }
      }
    }
  }
}
