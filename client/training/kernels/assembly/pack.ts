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
  let j = 0;
  if (bRow === 4) {
    // Four columns at a time, transposed in registers.
    for (; j + 4 <= columns; j += 4) {
      let p0 = b + <usize>j * bCol,
        p1 = p0 + bCol,
        p2 = p1 + bCol,
        p3 = p2 + bCol;
      let target = to + ((<usize>j) << 2);
      let i = 0;
      for (; i + 4 <= k; i += 4) {
        const r0 = v128.load(p0),
          r1 = v128.load(p1),
          r2 = v128.load(p2),
          r3 = v128.load(p3);
        const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5),
          t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5),
          t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        v128.store(target, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5));
        v128.store(target + step, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
        v128.store(target + step * 2, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5));
        v128.store(target + step * 3, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
        p0 += 16;
        p1 += 16;
        p2 += 16;
        p3 += 16;
        target += step * 4;
      }
      for (; i < k; i++) {
        store<f32>(target, load<f32>(p0));
        store<f32>(target, load<f32>(p1), 4);
        store<f32>(target, load<f32>(p2), 8);
        store<f32>(target, load<f32>(p3), 12);
        p0 += 4;
        p1 += 4;
        p2 += 4;
        p3 += 4;
        target += step;
      }
    }
  }
  for (; j < columns; j++) {
    let from = b + <usize>j * bCol,
      target = to + ((<usize>j) << 2);
    for (let i = 0; i < k; i++) {
      store<f32>(target, load<f32>(from));
      from += bRow;
      target += step;
    }
  }
}
