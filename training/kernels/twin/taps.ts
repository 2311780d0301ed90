import type { Kernels } from '../kernels.ts';
import { rectifyInPlace } from './arithmetic.ts';
import type { Arithmetic } from './arithmetic.ts';

type Taps = Pick<Kernels, 'convolveTaps' | 'correlateTaps' | 'copyRows' | 'transpose' | 'addRows'>;

/** Convolution by shifted views in plain TypeScript; see {@link Kernels}. It needs no scratch. */
export function tapsTwin({ reals, integers, round }: Arithmetic): Taps {
  return {
    convolveTaps(filters, length, taps, weights, flat, offsets, out, outPlane, bias, rectify) {
      const heap = reals();
      const places = integers();
      for (let filter = 0; filter < filters; filter++) {
        const to = out + filter * outPlane;
        heap.fill(bias < 0 ? 0 : heap[bias + filter]!, to, to + length);
        for (let tap = 0; tap < taps; tap++) {
          const w = heap[weights + filter * taps + tap]!;
          const from = flat + places[offsets + tap]!;
          for (let p = 0; p < length; p++) heap[to + p]! += round(w * heap[from + p]!);
        }
        if (rectify) rectifyInPlace(heap, to, length);
      }
    },
    correlateTaps(taps, filters, length, flat, offsets, y, yPlane, out, accumulate) {
      const heap = reals();
      const places = integers();
      if (!accumulate) heap.fill(0, out, out + taps * filters);
      for (let tap = 0; tap < taps; tap++) {
        const from = flat + places[offsets + tap]!;
        for (let filter = 0; filter < filters; filter++) {
          const by = y + filter * yPlane;
          let sum = heap[out + tap * filters + filter]!;
          for (let p = 0; p < length; p++) sum = round(sum + round(heap[from + p]! * heap[by + p]!));
          heap[out + tap * filters + filter] = sum;
        }
      }
    },
    transpose(x, xRow, rows, columns, out, outRow) {
      const heap = reals();
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) heap[out + j * outRow + i] = heap[x + i * xRow + j]!;
    },
    addRows(from, fromRow, to, toRow, rows, columns) {
      const heap = reals();
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) heap[to + i * toRow + j]! += heap[from + i * fromRow + j]!;
    },
    copyRows(from, fromPlane, fromRow, to, toPlane, toRow, planes, rows, columns) {
      const heap = reals();
      for (let plane = 0; plane < planes; plane++) {
        for (let row = 0; row < rows; row++) {
          const source = from + plane * fromPlane + row * fromRow;
          heap.copyWithin(to + plane * toPlane + row * toRow, source, source + columns);
        }
      }
    },
  };
}
