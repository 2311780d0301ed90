// Sums. The order of each is part of its definition (see `Kernels`), since a float sum depends on it.
import { address } from './memory';

/** See `Kernels.sumRows`. */
export function sumRows(x: u32, rows: i32, columns: i32, out: u32): void {
  let from = address(x),
    to = address(out);
  for (let i = 0; i < rows; i++) {
    let s0 = f32x4.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    let left = columns;
    for (; left >= 16; left -= 16) {
      s0 = f32x4.add(s0, v128.load(from));
      s1 = f32x4.add(s1, v128.load(from, 16));
      s2 = f32x4.add(s2, v128.load(from, 32));
      s3 = f32x4.add(s3, v128.load(from, 48));
      from += 64;
    }
    const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
    let sum: f32 =
      f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
    for (; left > 0; left--) {
      sum += load<f32>(from);
      from += 4;
    }
    store<f32>(to, sum);
    to += 4;
  }
}

/** See `Kernels.sumColumns`. */
export function sumColumns(x: u32, rows: i32, columns: i32, out: u32): void {
  const start = address(x),
    to = address(out),
    step = (<usize>columns) << 2;
  let j = 0;
  for (; j + 16 <= columns; j += 16) {
    const at = (<usize>j) << 2;
    let from = start + at;
    let s0 = f32x4.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    for (let i = 0; i < rows; i++) {
      s0 = f32x4.add(s0, v128.load(from));
      s1 = f32x4.add(s1, v128.load(from, 16));
      s2 = f32x4.add(s2, v128.load(from, 32));
      s3 = f32x4.add(s3, v128.load(from, 48));
      from += step;
    }
    v128.store(to + at, s0);
    v128.store(to + at, s1, 16);
    v128.store(to + at, s2, 32);
    v128.store(to + at, s3, 48);
  }
  for (; j < columns; j++) {
    const at = (<usize>j) << 2;
    let from = start + at;
    let sum: f32 = 0;
    for (let i = 0; i < rows; i++) {
      sum += load<f32>(from);
      from += step;
    }
    store<f32>(to + at, sum);
  }
}
