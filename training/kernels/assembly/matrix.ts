// Matrix product over strided operands. Every element of C is one sum over k in ascending order, each product and sum
// rounded separately, whatever its tile: hence the plain TypeScript twin gives the same bits.
import { address, copy } from './memory';
import { pack } from './pack';
import { tile1x16, tile1x8, tile2x16, tile4x8 } from './tiles';

// Rows of a packed panel: 256 × 16 columns × 4 bytes = 16 kB, half of a first-level cache.
export const DEPTH: i32 = 256;
// Elements at the start of the scratch area where tiles that extend beyond C's edge are computed.
export const EDGE: u32 = 64;
// From this many rows of A on, a panel of B is read often enough to be packed even if its rows are contiguous.
export const PACK_FROM: i32 = 12;

// Where row i of A begins: at even distances, or at the element index that a table names.
function rowOf(a: usize, aRow: usize, table: usize, i: i32): usize {
  return table ? a + address(load<u32>(table + ((<usize>i) << 2))) : a + aRow * <usize>i;
}

// One panel as wide as its tile: `rows` rows of A from row `first` against it.
function panel(
  width: i32,
  first: i32,
  rows: i32,
  k: i32,
  a: usize,
  aRow: usize,
  aCol: usize,
  table: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cRow: usize,
  add: bool,
  rectify: bool,
): void {
  let i = first;
  const end = first + rows;
  if (width === 16) {
    for (; i + 2 <= end; i += 2) {
      const a0 = rowOf(a, aRow, table, i),
        a1 = rowOf(a, aRow, table, i + 1);
      tile2x16(k, a0, a1, aCol, b, bStep, c, c + cRow, add, rectify);
      c += cRow << 1;
    }
    if (i < end) tile1x16(k, rowOf(a, aRow, table, i), aCol, b, bStep, c, add, rectify);
    return;
  }
  for (; i + 4 <= end; i += 4) {
    const a0 = rowOf(a, aRow, table, i),
      a1 = rowOf(a, aRow, table, i + 1);
    const a2 = rowOf(a, aRow, table, i + 2),
      a3 = rowOf(a, aRow, table, i + 3);
    tile4x8(k, a0, a1, a2, a3, aCol, b, bStep, c, cRow, add, rectify);
    c += cRow << 2;
  }
  for (; i < end; i++) {
    tile1x8(k, rowOf(a, aRow, table, i), aCol, b, bStep, c, add, rectify);
    c += cRow;
  }
}

// A panel narrower than its tile: the tile is computed separately, up to four rows at a time, and its valid part
// copied.
function ragged(
  width: i32,
  columns: i32,
  rows: i32,
  k: i32,
  a: usize,
  aRow: usize,
  aCol: usize,
  table: usize,
  b: usize,
  c: usize,
  cRow: usize,
  add: bool,
  rectify: bool,
  aside: usize,
): void {
  const step = (<usize>width) << 2;
  for (let i = 0; i < rows; i += 4) {
    const some = min(4, rows - i);
    if (add) for (let r = 0; r < some; r++) copy(aside + <usize>r * step, c + <usize>r * cRow, columns);
    panel(width, i, some, k, a, aRow, aCol, table, b, step, aside, step, add, rectify);
    for (let r = 0; r < some; r++) copy(c + <usize>r * cRow, aside + <usize>r * step, columns);
    c += cRow << 2;
  }
}

/** See `Kernels.matrixProduct`. */
export function matrixProduct(
  m: i32,
  n: i32,
  k: i32,
  a: u32,
  aRow: i32,
  aCol: i32,
  b: u32,
  bRow: i32,
  bCol: i32,
  c: u32,
  accumulate: i32,
  rectify: i32,
  scratch: u32,
): void {
  product(m, n, k, a, aRow, aCol, 0, b, bRow, bCol, c, accumulate, rectify, scratch);
}

/** See `Kernels.correlateTaps`. */
export function correlateTaps(
  taps: i32,
  filters: i32,
  length: i32,
  flat: u32,
  offsets: u32,
  y: u32,
  yPlane: i32,
  out: u32,
  accumulate: i32,
  scratch: u32,
): void {
  product(taps, filters, length, flat, 0, 1, address(offsets), y, 1, yPlane, out, accumulate, 0, scratch);
}

function product(
  m: i32,
  n: i32,
  k: i32,
  a: u32,
  aRow: i32,
  aCol: i32,
  table: usize,
  b: u32,
  bRow: i32,
  bCol: i32,
  c: u32,
  accumulate: i32,
  rectify: i32,
  scratch: u32,
): void {
  const aRowBytes = (<usize>aRow) << 2,
    aColBytes = (<usize>aCol) << 2;
  const bRowBytes = (<usize>bRow) << 2,
    bColBytes = (<usize>bCol) << 2;
  const cRowBytes = (<usize>n) << 2;
  const aside = address(scratch),
    packed = address(scratch + EDGE);
  for (let k0 = 0; k0 < k; k0 += DEPTH) {
    const depth = min(DEPTH, k - k0);
    const add = accumulate !== 0 || k0 > 0;
    const finish = rectify !== 0 && k0 + depth === k;
    const aAt = address(a) + <usize>k0 * aColBytes;
    const bAt = address(b) + <usize>k0 * bRowBytes;
    for (let j = 0; j < n;) {
      const left = n - j;
      const width = left > 8 ? 16 : 8;
      const columns = min(width, left);
      const from = bAt + <usize>j * bColBytes;
      const cAt = address(c) + ((<usize>j) << 2);
      if (columns < width) {
        pack(packed, width, from, depth, columns, bRowBytes, bColBytes);
        ragged(width, columns, m, depth, aAt, aRowBytes, aColBytes, table, packed, cAt, cRowBytes, add, finish, aside);
      } else if (bCol === 1 && m < PACK_FROM) {
        panel(width, 0, m, depth, aAt, aRowBytes, aColBytes, table, from, bRowBytes, cAt, cRowBytes, add, finish);
      } else {
        pack(packed, width, from, depth, width, bRowBytes, bColBytes);
        panel(
          width,
          0,
          m,
          depth,
          aAt,
          aRowBytes,
          aColBytes,
          table,
          packed,
          (<usize>width) << 2,
          cAt,
          cRowBytes,
          add,
          finish,
        );
      }
      j += width;
    }
  }
}
