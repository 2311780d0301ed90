// Converts a batch between image-by-image and place-by-place layout.
import { address } from './memory';

// Byte addresses and byte strides; four rows at a time are transposed in registers.
export function transposeBlock(x: usize, step: usize, rows: i32, columns: i32, out: usize, outStep: usize): void {
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    let p0 = x + <usize>i * step,
      p1 = p0 + step,
      p2 = p1 + step,
      p3 = p2 + step;
    let to = out + ((<usize>i) << 2);
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      const r0 = v128.load(p0),
        r1 = v128.load(p1),
        r2 = v128.load(p2),
        r3 = v128.load(p3);
      const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5),
        t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5),
        t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5));
      v128.store(to + outStep, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
      v128.store(to + outStep * 2, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5));
      v128.store(to + outStep * 3, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
      p0 += 16;
      p1 += 16;
      p2 += 16;
      p3 += 16;
      to += outStep * 4;
    }
    for (; j < columns; j++) {
      store<f32>(to, load<f32>(p0));
      store<f32>(to, load<f32>(p1), 4);
      store<f32>(to, load<f32>(p2), 8);
      store<f32>(to, load<f32>(p3), 12);
      p0 += 4;
      p1 += 4;
      p2 += 4;
      p3 += 4;
      to += outStep;
    }
  }
  for (; i < rows; i++) {
    let from = x + <usize>i * step,
      to = out + ((<usize>i) << 2);
    for (let j = 0; j < columns; j++) {
      store<f32>(to, load<f32>(from));
      from += 4;
      to += outStep;
    }
  }
}

// A block's rows are whole cache lines on both sides: in large batches, the rows of one side all map to a few cache
// sets.
const BLOCK: i32 = 16;

/** See `Kernels.transpose`. */
export function transpose(x: u32, xRow: i32, rows: i32, columns: i32, out: u32, outRow: i32): void {
  const step = (<usize>xRow) << 2,
    outStep = (<usize>outRow) << 2;
  for (let j = 0; j < columns; j += BLOCK) {
    const some = min(BLOCK, columns - j);
    for (let i = 0; i < rows; i += BLOCK) {
      const from = address(x) + step * <usize>i + ((<usize>j) << 2);
      const to = address(out) + outStep * <usize>j + ((<usize>i) << 2);
      transposeBlock(from, step, min(BLOCK, rows - i), some, to, outStep);
    }
  }
}

/** See `Kernels.addRows`. */
export function addRows(from: u32, fromRow: i32, to: u32, toRow: i32, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row++) {
    let source = address(from + row * fromRow),
      target = address(to + row * toRow);
    let left = columns;
    for (; left >= 4; left -= 4) {
      v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
      source += 16;
      target += 16;
    }
    for (; left > 0; left--) {
      store<f32>(target, load<f32>(target) + load<f32>(source));
      source += 4;
      target += 4;
    }
  }
}
