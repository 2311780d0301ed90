// Convolution without unfolding: where the stride is 1, what one tap sees is the padded image itself, shifted.
import { address, copy } from './memory';
import { taps1x16, taps2x16 } from './tiles';

/** See `Kernels.convolveTaps`. */
export function convolveTaps(
  filters: i32,
  length: i32,
  taps: i32,
  weights: u32,
  flat: u32,
  offsets: u32,
  out: u32,
  accumulate: i32,
): void {
  const add = accumulate !== 0;
  const table = address(offsets),
    row = (<usize>taps) << 2,
    step = (<usize>length) << 2;
  let b = address(flat),
    panel = address(out);
  for (let p = 0; p < length; p += 16) {
    let w = address(weights),
      c = panel;
    let i = 0;
    for (; i + 2 <= filters; i += 2) {
      taps2x16(taps, w, w + row, b, table, c, c + step, add);
      w += row << 1;
      c += step << 1;
    }
    if (i < filters) taps1x16(taps, w, b, table, c, add);
    b += 64;
    panel += 64;
  }
}

/** See `Kernels.copyRows`. */
export function copyRows(
  from: u32,
  fromPlane: i32,
  fromRow: i32,
  to: u32,
  toPlane: i32,
  toRow: i32,
  planes: i32,
  rows: i32,
  columns: i32,
): void {
  for (let plane = 0; plane < planes; plane++) {
    let source = address(from + plane * fromPlane),
      target = address(to + plane * toPlane);
    for (let row = 0; row < rows; row++) {
      copy(target, source, columns);
      source += (<usize>fromRow) << 2;
      target += (<usize>toRow) << 2;
    }
  }
}
