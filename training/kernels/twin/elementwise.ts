import type { Kernels } from '../kernels.ts';
import type { Arithmetic } from './arithmetic.ts';

type Elementwise = Pick<Kernels, 'add' | 'sub' | 'mul' | 'div' | 'scale' | 'gate' | 'repeat'>;

/**
 * The loops over vectors in plain TypeScript; see {@link Kernels}. The store into the heap is each one's only rounding.
 */
export function elementwiseTwin({ reals, round }: Arithmetic): Elementwise {
  return {
    add(a, b, out, n) {
      const heap = reals();
      for (let i = 0; i < n; i++) heap[out + i] = heap[a + i]! + heap[b + i]!;
    },
    sub(a, b, out, n) {
      const heap = reals();
      for (let i = 0; i < n; i++) heap[out + i] = heap[a + i]! - heap[b + i]!;
    },
    mul(a, b, out, n) {
      const heap = reals();
      for (let i = 0; i < n; i++) heap[out + i] = heap[a + i]! * heap[b + i]!;
    },
    div(a, b, out, n) {
      const heap = reals();
      for (let i = 0; i < n; i++) heap[out + i] = heap[a + i]! / heap[b + i]!;
    },
    scale(factor, x, out, n) {
      const heap = reals();
      const by = round(factor);
      for (let i = 0; i < n; i++) heap[out + i] = by * heap[x + i]!;
    },
    gate(g, x, slope, out, n) {
      const heap = reals();
      const by = round(slope);
      for (let i = 0; i < n; i++) heap[out + i] = heap[x + i]! > 0 ? heap[g + i]! : by * heap[g + i]!;
    },
    repeat(x, outer, times, inner, out) {
      const heap = reals();
      let to = out;
      for (let o = 0; o < outer; o++) {
        const from = x + o * inner;
        for (let t = 0; t < times; t++) {
          heap.copyWithin(to, from, from + inner);
          to += inner;
        }
      }
    },
  };
}
