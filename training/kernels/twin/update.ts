import type { Kernels } from '../kernels.ts';
import type { Arithmetic } from './arithmetic.ts';

/** The optimisers' steps in plain TypeScript; see {@link Kernels}. */
export function updateTwin({
  reals,
  round,
}: Arithmetic): Pick<Kernels, 'addScaled' | 'proximal' | 'momentum' | 'adam'> {
  return {
    addScaled(factor, x, y, n) {
      const heap = reals();
      const by = round(factor);
      for (let i = 0; i < n; i++) heap[y + i]! += round(by * heap[x + i]!);
    },
    proximal(mu, w, anchor, g, n) {
      const heap = reals();
      const by = round(mu);
      for (let i = 0; i < n; i++) heap[g + i]! += round(by * round(heap[w + i]! - heap[anchor + i]!));
    },
    momentum(rate, decay, g, v, w, n) {
      const heap = reals();
      const by = round(rate);
      const keep = round(decay);
      for (let i = 0; i < n; i++) {
        heap[v + i] = round(keep * heap[v + i]!) + heap[g + i]!;
        heap[w + i]! -= round(by * heap[v + i]!);
      }
    },
    adam(rate, beta1, rest1, beta2, rest2, epsilon, g, first, second, w, n) {
      const heap = reals();
      const [by, keep1, take1] = [round(rate), round(beta1), round(rest1)];
      const [keep2, take2, least] = [round(beta2), round(rest2), round(epsilon)];
      for (let i = 0; i < n; i++) {
        const x = heap[g + i]!;
        const mean = round(round(keep1 * heap[first + i]!) + round(take1 * x));
        const square = round(round(keep2 * heap[second + i]!) + round(take2 * round(x * x)));
        heap[first + i] = mean;
        heap[second + i] = square;
        heap[w + i]! -= round(round(by * mean) / round(round(Math.sqrt(square)) + least));
      }
    },
  };
}
