import type { Kernels } from '../kernels.ts';
import type { Arithmetic } from './arithmetic.ts';

/** The sums in plain TypeScript, in the order stated by {@link Kernels}. */
export function reduceTwin({ reals, round }: Arithmetic): Pick<Kernels, 'sumRows' | 'sumColumns'> {
  const sum4 = (a: number, b: number, c: number, d: number): number => round(round(a + b) + round(c + d));
  return {
    sumRows(x, rows, columns, out) {
      const heap = reals();
      const p = new Float64Array(16);
      const whole = columns - (columns % 16);
      for (let i = 0; i < rows; i++) {
        const row = x + i * columns;
        p.fill(0);
        for (let j = 0; j < whole; j++) p[j % 16] = round(p[j % 16]! + heap[row + j]!);
        const lane = (l: number): number => sum4(p[l]!, p[l + 4]!, p[l + 8]!, p[l + 12]!);
        let sum = sum4(lane(0), lane(1), lane(2), lane(3));
        for (let j = whole; j < columns; j++) sum = round(sum + heap[row + j]!);
        heap[out + i] = sum;
      }
    },
    sumColumns(x, rows, columns, out) {
      const heap = reals();
      heap.fill(0, out, out + columns);
      for (let i = 0; i < rows; i++) {
        const row = x + i * columns;
        for (let j = 0; j < columns; j++) heap[out + j]! += heap[row + j]!;
      }
    },
  };
}
