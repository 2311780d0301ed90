import { transposeBlock } from './lanes';
import { copy } from './memory';

// Copies a panel of `k` rows by `columns` columns of B into rows of `width` columns, the missing ones zero.
export function pack(to: usize, width: i32, b: usize, k: i32, columns: i32, bRow: usize, bCol: usize): void {
  const step = (<usize>width) << 2;
  if (columns < width) memory.fill(to, 0, step * <usize>k);
  if (bCol === 4) {
    for (let i = 0; i < k; i++) {
      copy(to, b, columns);
      to += step;
      b += bRow;
    }
    return;
  }
  if (bRow === 4) {
    transposeBlock(b, bCol, columns, k, to, step);
    return;
  }
  for (let j = 0; j < columns; j++) {
    let from = b + <usize>j * bCol,
      target = to + ((<usize>j) << 2);
    for (let i = 0; i < k; i++) {
      store<f32>(target, load<f32>(from));
      from += bRow;
      target += step;
    }
  }
}
