import type { Tape } from '../tape/tape.ts';
import { geometry } from './geometry.ts';
import type { Geometry } from './geometry.ts';

/** Whether {@link withTurned} applies: a stride of 1, a square window, and padding below its extents. */
export function turnable({ extents: e }: Geometry): boolean {
  return e.stride === 1 && e.kernelHeight === e.kernelWidth && e.padding < e.kernelHeight;
}

/**
 * The transpose of a convolution by its image is again a convolution: of the outputs, padded to complete the window, by
 * the weights rotated by 180° and with channels and filters exchanged. Calls `use` with its geometry and the index of
 * its lent weights.
 */
export function withTurned(
  tape: Tape,
  { batch, filters, extents: e, taps }: Geometry,
  w: number,
  use: (geo: Geometry, turned: number) => void,
): void {
  const area = e.kernelHeight * e.kernelWidth;
  tape.lend(filters * taps, (turned) => {
    const heap = tape.heap.reals;
    for (let filter = 0; filter < filters; filter++) {
      for (let channel = 0; channel < e.channels; channel++) {
        const from = w + (filter * e.channels + channel) * area;
        const to = turned + (channel * filters + filter) * area;
        for (let i = 0; i < area; i++) heap[to + i] = heap[from + area - 1 - i]!;
      }
    }
    const back = geometry(
      batch,
      [filters, e.outHeight, e.outWidth],
      [e.channels, filters, e.kernelHeight, e.kernelWidth],
      1,
      e.kernelHeight - 1 - e.padding,
    )!;
    use(back, turned);
  });
}
