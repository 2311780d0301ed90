// Matrix product over strided operands. Every element of C is one sum over k in ascending order, a product and a sum
// rounded apart, whatever tile it falls into: hence the plain TypeScript twin gives the same bits.
import { address, copy } from './memory';
import { pack } from './pack';
import { tile1x16, tile1x8, tile2x16, tile4x8 } from './tiles';

// Rows of a packed panel: 256 × 16 columns × 4 bytes = 16 kB, half of a first-level cache.
const DEPTH: i32 = 256;
// Elements at the start of the scratch area where tiles that jut out over C's edge are computed.
const EDGE: u32 = 64;
// From this many rows of A on, a panel of B is read often enough to be packed even if its rows are contiguous.
const PACK_FROM: i32 = 12;

// One panel that is as wide as its tile: all rows of A against it.
function panel(
  width: i32,
  rows: i32,
  k: i32,
  a: usize,
  aRow: usize,
  aCol: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cRow: usize,
  add: bool,
): void {
  let i = 0;
  if (width === 16) {
    for (; i + 2 <= rows; i += 2) {
      tile2x16(k, a, a + aRow, aCol, b, bStep, c, c + cRow, add);
      a += aRow << 1;
      c += cRow << 1;
    }
    if (i < rows) tile1x16(k, a, aCol, b, bStep, c, add);
    return;
  }
  for (; i + 4 <= rows; i += 4) {
    tile4x8(k, a, aRow, aCol, b, bStep, c, cRow, add);
    a += aRow << 2;
    c += cRow << 2;
  }
  for (; i < rows; i++) {
    tile1x8(k, a, aCol, b, bStep, c, add);
    a += aRow;
    c += cRow;
  }
}

// A panel narrower than its tile: the tile is computed aside, up to four rows at a time, and its valid part copied.
function ragged(
  width: i32,
  columns: i32,
  rows: i32,
  k: i32,
  a: usize,
  aRow: usize,
  aCol: usize,
  b: usize,
  c: usize,
  cRow: usize,
  add: bool,
  aside: usize,
): void {
  const step = (<usize>width) << 2;
  for (let i = 0; i < rows; i += 4) {
    const some = min(4, rows - i);
    if (add) for (let r = 0; r < some; r++) copy(aside + <usize>r * step, c + <usize>r * cRow, columns);
    panel(width, some, k, a, aRow, aCol, b, step, aside, step, add);
    for (let r = 0; r < some; r++) copy(c + <usize>r * cRow, aside + <usize>r * step, columns);
    a += aRow << 2;
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
        ragged(width, columns, m, depth, aAt, aRowBytes, aColBytes, packed, cAt, cRowBytes, add, aside);
      } else if (bCol === 1 && m < PACK_FROM) {
        panel(width, m, depth, aAt, aRowBytes, aColBytes, from, bRowBytes, cAt, cRowBytes, add);
      } else {
        pack(packed, width, from, depth, width, bRowBytes, bColBytes);
        panel(width, m, depth, aAt, aRowBytes, aColBytes, packed, (<usize>width) << 2, cAt, cRowBytes, add);
      }
      j += width;
    }
  }
}
