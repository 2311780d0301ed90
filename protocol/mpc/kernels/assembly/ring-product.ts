// Products of matrices over Z_2^32 and Z_2^64: target (rows × columns) = left (rows × depth) · right (depth × columns),
// all row by row. The right factor is read in panels of 32 bytes a row, which is 8 columns of 32 bits or 4 of 64; a panel
// meets all rows of the left factor while it is in the cache.

/** Bytes of a panel's row. */
export const PANEL: usize = 32;

/** From this many rows on, copying a panel so that its rows are adjacent costs less than reading it with gaps. */
const PACK_FROM_32 = 16;
const PACK_FROM_64 = 6;

/** Copies one panel of the right factor, `width` bytes of whose rows are in use; the rest of each row becomes zero. */
function pack(panel: usize, right: usize, stride: usize, depth: i32, width: usize): void {
  for (let k = 0; k < depth; k++) {
    if (width == PANEL) {
      v128.store(panel, v128.load(right));
      v128.store(panel, v128.load(right, 16), 16);
    } else {
      v128.store(panel, i32x4.splat(0));
      v128.store(panel, i32x4.splat(0), 16);
      memory.copy(panel, right, width);
    }
    panel += PANEL;
    right += stride;
  }
}

/** Four rows of the left factor, `leftStride` bytes apart, times a panel. */
function tile4x32(
  to: usize,
  toStride: usize,
  left: usize,
  leftStride: usize,
  panel: usize,
  stride: usize,
  depth: i32,
): void {
  let a0 = i32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  let row0 = left;
  let row1 = row0 + leftStride;
  let row2 = row1 + leftStride;
  let row3 = row2 + leftStride;
  const end = row0 + ((<usize>depth) << 2);
  while (row0 < end) {
    const r0 = v128.load(panel);
    const r1 = v128.load(panel, 16);
    let factor = v128.load32_splat(row0);
    a0 = i32x4.add(a0, i32x4.mul(factor, r0));
    a1 = i32x4.add(a1, i32x4.mul(factor, r1));
    factor = v128.load32_splat(row1);
    b0 = i32x4.add(b0, i32x4.mul(factor, r0));
    b1 = i32x4.add(b1, i32x4.mul(factor, r1));
    factor = v128.load32_splat(row2);
    c0 = i32x4.add(c0, i32x4.mul(factor, r0));
    c1 = i32x4.add(c1, i32x4.mul(factor, r1));
    factor = v128.load32_splat(row3);
    d0 = i32x4.add(d0, i32x4.mul(factor, r0));
    d1 = i32x4.add(d1, i32x4.mul(factor, r1));
    panel += stride;
    row0 += 4;
    row1 += 4;
    row2 += 4;
    row3 += 4;
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  to += toStride;
  v128.store(to, b0);
  v128.store(to, b1, 16);
  to += toStride;
  v128.store(to, c0);
  v128.store(to, c1, 16);
  to += toStride;
  v128.store(to, d0);
  v128.store(to, d1, 16);
}

/** One row of the left factor times a panel. */
function tile1x32(to: usize, left: usize, panel: usize, stride: usize, depth: i32): void {
  let a0 = i32x4.splat(0);
  let a1 = a0;
  const end = left + ((<usize>depth) << 2);
  while (left < end) {
    const factor = v128.load32_splat(left);
    a0 = i32x4.add(a0, i32x4.mul(factor, v128.load(panel)));
    a1 = i32x4.add(a1, i32x4.mul(factor, v128.load(panel, 16)));
    panel += stride;
    left += 4;
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
}

/** One row of the left factor times a panel: scalar, since SIMD has no product of 64-bit lanes before AVX-512. */
function tile1x64(to: usize, left: usize, panel: usize, stride: usize, depth: i32): void {
  let a: u64 = 0;
  let b: u64 = 0;
  let c: u64 = 0;
  let d: u64 = 0;
  const end = left + ((<usize>depth) << 3);
  while (left < end) {
    const factor = load<u64>(left);
    a += factor * load<u64>(panel);
    b += factor * load<u64>(panel, 8);
    c += factor * load<u64>(panel, 16);
    d += factor * load<u64>(panel, 24);
    panel += stride;
    left += 8;
  }
  store<u64>(to, a);
  store<u64>(to, b, 8);
  store<u64>(to, c, 16);
  store<u64>(to, d, 24);
}

/**
 * All rows of the left factor times one panel of `width` bytes in use. `target` is the panel's first column in the first
 * row of the result, whose rows are `toStride` bytes apart; `spare` has room for four rows of a panel.
 */
export function panelProduct32(
  target: usize,
  toStride: usize,
  left: usize,
  rows: i32,
  panel: usize,
  stride: usize,
  depth: i32,
  width: usize,
  spare: usize,
): void {
  const leftStride = (<usize>depth) << 2;
  const whole = width == PANEL;
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    if (whole) tile4x32(target, toStride, left, leftStride, panel, stride, depth);
    else {
      tile4x32(spare, PANEL, left, leftStride, panel, stride, depth);
      for (let r: usize = 0; r < 4; r++) memory.copy(target + r * toStride, spare + r * PANEL, width);
    }
    target += toStride << 2;
    left += leftStride << 2;
  }
  for (; row < rows; row++) {
    tile1x32(whole ? target : spare, left, panel, stride, depth);
    if (!whole) memory.copy(target, spare, width);
    target += toStride;
    left += leftStride;
  }
}

/** See {@link panelProduct32}. */
export function panelProduct64(
  target: usize,
  toStride: usize,
  left: usize,
  rows: i32,
  panel: usize,
  stride: usize,
  depth: i32,
  width: usize,
  spare: usize,
): void {
  const leftStride = (<usize>depth) << 3;
  const whole = width == PANEL;
  for (let row = 0; row < rows; row++) {
    tile1x64(whole ? target : spare, left, panel, stride, depth);
    if (!whole) memory.copy(target, spare, width);
    target += toStride;
    left += leftStride;
  }
}

/** `scratch` has room for a panel of `depth` rows and four more. */
export function ringProduct32(
  target: usize,
  left: usize,
  right: usize,
  rows: i32,
  depth: i32,
  columns: i32,
  scratch: usize,
): void {
  const bytes = (<usize>columns) << 2;
  const spare = scratch + <usize>depth * PANEL;
  for (let at: usize = 0; at < bytes; at += PANEL) {
    const width = min(PANEL, bytes - at);
    const packed = rows >= PACK_FROM_32 || width < PANEL;
    if (packed) pack(scratch, right + at, bytes, depth, width);
    panelProduct32(
      target + at,
      bytes,
      left,
      rows,
      packed ? scratch : right + at,
      packed ? PANEL : bytes,
      depth,
      width,
      spare,
    );
  }
}

/** See {@link ringProduct32}. */
export function ringProduct64(
  target: usize,
  left: usize,
  right: usize,
  rows: i32,
  depth: i32,
  columns: i32,
  scratch: usize,
): void {
  const bytes = (<usize>columns) << 3;
  const spare = scratch + <usize>depth * PANEL;
  for (let at: usize = 0; at < bytes; at += PANEL) {
    const width = min(PANEL, bytes - at);
    const packed = rows >= PACK_FROM_64 || width < PANEL;
    if (packed) pack(scratch, right + at, bytes, depth, width);
    panelProduct64(
      target + at,
      bytes,
      left,
      rows,
      packed ? scratch : right + at,
      packed ? PANEL : bytes,
      depth,
      width,
      spare,
    );
  }
}
