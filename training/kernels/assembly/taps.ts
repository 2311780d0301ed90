// Convolution without unfolding: what one tap sees is the padded image itself, shifted.
import { DEPTH, EDGE, PACK_FROM } from './matrix';
import { address, copy } from './memory';
import { taps1x16, taps2x16, tile1x16, tile2x16 } from './tiles';

// Fills 16 columns of each of `filters` rows with that row's bias.
function startFrom(bias: usize, filters: i32, c: usize, cRow: usize): void {
  for (let i = 0; i < filters; i++) {
    const value = v128.load_splat<f32>(bias + ((<usize>i) << 2));
    v128.store(c, value);
    v128.store(c, value, 16);
    v128.store(c, value, 32);
    v128.store(c, value, 48);
    c += cRow;
  }
}

// Copies the rows named by `taps` entries of a table one after the other, 16 columns each.
function gather(to: usize, taps: i32, b: usize, table: usize): void {
  for (; taps > 0; taps--) {
    const row = b + address(load<u32>(table));
    v128.store(to, v128.load(row));
    v128.store(to, v128.load(row, 16), 16);
    v128.store(to, v128.load(row, 32), 32);
    v128.store(to, v128.load(row, 48), 48);
    to += 64;
    table += 4;
  }
}

/** See `Kernels.convolveTaps`. */
export function convolveTaps(
  filters: i32,
  length: i32,
  taps: i32,
  weights: u32,
  flat: u32,
  offsets: u32,
  out: u32,
  outPlane: i32,
  bias: i32,
  rectify: i32,
  scratch: u32,
): void {
  const row = (<usize>taps) << 2,
    step = (<usize>outPlane) << 2;
  const packed = address(scratch + EDGE);
  const pack = filters >= PACK_FROM;
  for (let p = 0; p < length; p += 16) {
    // The last panel overlaps the previous one; recomputed elements get the same value.
    const at = address(<u32>min(p, length - 16));
    const b = address(flat) + at,
      panel = address(out) + at;
    if (bias >= 0) startFrom(address(<u32>bias), filters, panel, step);
    for (let t = 0; t < taps; t += DEPTH) {
      const depth = min(DEPTH, taps - t);
      const add = bias >= 0 || t > 0,
        finish = rectify !== 0 && t + depth === taps;
      const table = address(offsets) + ((<usize>t) << 2);
      let w = address(weights) + ((<usize>t) << 2),
        c = panel;
      let i = 0;
      if (pack) {
        gather(packed, depth, b, table);
        for (; i + 2 <= filters; i += 2) {
          tile2x16(depth, w, w + row, 4, packed, 64, c, c + step, add, finish);
          w += row << 1;
          c += step << 1;
        }
        if (i < filters) tile1x16(depth, w, 4, packed, 64, c, add, finish);
      } else {
        for (; i + 2 <= filters; i += 2) {
          taps2x16(depth, w, w + row, b, table, c, c + step, add, finish);
          w += row << 1;
          c += step << 1;
        }
        if (i < filters) taps1x16(depth, w, b, table, c, add, finish);
      }
    }
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
