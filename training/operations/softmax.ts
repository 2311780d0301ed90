import * as numeric from '../../protocol/numeric.ts';
import type { Tensor } from '../tape/tape.ts';
import { mul, sub, sum } from './arithmetic.ts';

// Calls `use` for each row along the last axis with its first place, its largest value, and Σ e^(x − greatest). The sum
// is kept in 64 bits.
function eachRow(x: Tensor, use: (row: number, start: number, greatest: number, total: number) => void): number {
  const columns = x.shape.at(-1) ?? 1;
  const heap = x.tape.heap.reals;
  const rows = x.size / columns;
  for (let row = 0; row < rows; row++) {
    const start = x.at + row * columns;
    let greatest = heap[start]!;
    for (let j = 1; j < columns; j++) if (heap[start + j]! > greatest) greatest = heap[start + j]!;
    let total = 0;
    for (let j = 0; j < columns; j++) total += numeric.exp(heap[start + j]! - greatest);
    use(row, start, greatest, total);
  }
  return columns;
}

/** e^x / Σ e^x along the last axis, without overflow. */
export function softmax(x: Tensor): Tensor {
  const out: Tensor = x.tape.record(
    x.shape,
    [x],
    [
      (g) => {
        const weighed = mul(g, out);
        return sub(weighed, mul(out, sum(weighed, [-1], true)));
      },
    ],
  );
  const heap = x.tape.heap.reals;
  const columns = x.shape.at(-1) ?? 1;
  eachRow(x, (row, start, greatest, total) => {
    const to = out.at + row * columns;
    for (let j = 0; j < columns; j++) heap[to + j] = numeric.exp(heap[start + j]! - greatest) / total;
  });
  return out;
}

/** ln Σ e^x along the last axis, which is kept with extent 1; without overflow. */
export function logSumExp(x: Tensor): Tensor {
  const out = x.tape.record([...x.shape.slice(0, -1), 1], [x], [(g) => mul(g, softmax(x))]);
  const heap = x.tape.heap.reals;
  eachRow(x, (row, _, greatest, total) => {
    heap[out.at + row] = greatest + numeric.log(total);
  });
  return out;
}

/** ln softmax along the last axis. */
export function logSoftmax(x: Tensor): Tensor {
  return sub(x, logSumExp(x));
}
