import type { Kernels } from '../kernels.ts';
import { rectifyInPlace } from './arithmetic.ts';
import type { Arithmetic } from './arithmetic.ts';

/** The matrix product in plain TypeScript; see {@link Kernels}. It needs no scratch. */
export function matrixTwin({ reals, round }: Arithmetic): Pick<Kernels, 'matrixProduct'> {
  return {
    matrixProduct(m, n, k, a, aRow, aCol, b, bRow, bCol, c, accumulate, rectify) {
      const heap = reals();
      if (!accumulate) heap.fill(0, c, c + m * n);
      for (let i = 0; i < m; i++) {
        const row = c + i * n;
        for (let p = 0; p < k; p++) {
          const x = heap[a + i * aRow + p * aCol]!;
          let from = b + p * bRow;
          // The store rounds the sum, so that the running sum lives in C at the heap's own width.
          for (let j = 0; j < n; j++) {
            heap[row + j]! += round(x * heap[from]!);
            from += bCol;
          }
        }
        if (rectify) rectifyInPlace(heap, row, n);
      }
    },
  };
}
