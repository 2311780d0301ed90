// The innermost loops of the matrix product: a tile of C, held in registers, over the whole depth of a panel. Tiles of
// 2 × 16 and 4 × 8 use eight of the sixteen vector registers of x86 for sums; larger ones spill. Strides are in bytes;
// with `add` the sums start from C, with `rectify` they are stored as `Kernels.gate` with slope 0 would store them.

import { address } from './memory';

function rectified(x: v128): v128 {
  const none = f32x4.splat(0);
  return v128.bitselect(x, f32x4.mul(x, none), f32x4.gt(x, none));
}

export function tile2x16(
  k: i32,
  a0: usize,
  a1: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c0: usize,
  c1: usize,
  add: bool,
  rectify: bool,
): void {
  let s00 = f32x4.splat(0),
    s01 = s00,
    s02 = s00,
    s03 = s00;
  let s10 = s00,
    s11 = s00,
    s12 = s00,
    s13 = s00;
  if (add) {
    s00 = v128.load(c0);
    s01 = v128.load(c0, 16);
    s02 = v128.load(c0, 32);
    s03 = v128.load(c0, 48);
    s10 = v128.load(c1);
    s11 = v128.load(c1, 16);
    s12 = v128.load(c1, 32);
    s13 = v128.load(c1, 48);
  }
  for (; k > 0; k--) {
    const b0 = v128.load(b),
      b1 = v128.load(b, 16),
      b2 = v128.load(b, 32),
      b3 = v128.load(b, 48);
    const x0 = v128.load_splat<f32>(a0);
    s00 = f32x4.add(s00, f32x4.mul(x0, b0));
    s01 = f32x4.add(s01, f32x4.mul(x0, b1));
    s02 = f32x4.add(s02, f32x4.mul(x0, b2));
    s03 = f32x4.add(s03, f32x4.mul(x0, b3));
    const x1 = v128.load_splat<f32>(a1);
    s10 = f32x4.add(s10, f32x4.mul(x1, b0));
    s11 = f32x4.add(s11, f32x4.mul(x1, b1));
    s12 = f32x4.add(s12, f32x4.mul(x1, b2));
    s13 = f32x4.add(s13, f32x4.mul(x1, b3));
    a0 += aStep;
    a1 += aStep;
    b += bStep;
  }
  if (rectify) {
    s00 = rectified(s00);
    s01 = rectified(s01);
    s02 = rectified(s02);
    s03 = rectified(s03);
    s10 = rectified(s10);
    s11 = rectified(s11);
    s12 = rectified(s12);
    s13 = rectified(s13);
  }
  v128.store(c0, s00);
  v128.store(c0, s01, 16);
  v128.store(c0, s02, 32);
  v128.store(c0, s03, 48);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c1, s12, 32);
  v128.store(c1, s13, 48);
}

export function tile1x16(
  k: i32,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  add: bool,
  rectify: bool,
): void {
  let s0 = f32x4.splat(0),
    s1 = s0,
    s2 = s0,
    s3 = s0;
  if (add) {
    s0 = v128.load(c);
    s1 = v128.load(c, 16);
    s2 = v128.load(c, 32);
    s3 = v128.load(c, 48);
  }
  for (; k > 0; k--) {
    const x = v128.load_splat<f32>(a);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(b, 16)));
    s2 = f32x4.add(s2, f32x4.mul(x, v128.load(b, 32)));
    s3 = f32x4.add(s3, f32x4.mul(x, v128.load(b, 48)));
    a += aStep;
    b += bStep;
  }
  if (rectify) {
    s0 = rectified(s0);
    s1 = rectified(s1);
    s2 = rectified(s2);
    s3 = rectified(s3);
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
}

// Rows of C lie `cRow` bytes apart.
export function tile4x8(
  k: i32,
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c0: usize,
  cRow: usize,
  add: bool,
  rectify: bool,
): void {
  const c1 = c0 + cRow,
    c2 = c1 + cRow,
    c3 = c2 + cRow;
  let s00 = f32x4.splat(0),
    s01 = s00,
    s10 = s00,
    s11 = s00,
    s20 = s00,
    s21 = s00,
    s30 = s00,
    s31 = s00;
  if (add) {
    s00 = v128.load(c0);
    s01 = v128.load(c0, 16);
    s10 = v128.load(c1);
    s11 = v128.load(c1, 16);
    s20 = v128.load(c2);
    s21 = v128.load(c2, 16);
    s30 = v128.load(c3);
    s31 = v128.load(c3, 16);
  }
  for (; k > 0; k--) {
    const b0 = v128.load(b),
      b1 = v128.load(b, 16);
    const x0 = v128.load_splat<f32>(a0);
    s00 = f32x4.add(s00, f32x4.mul(x0, b0));
    s01 = f32x4.add(s01, f32x4.mul(x0, b1));
    const x1 = v128.load_splat<f32>(a1);
    s10 = f32x4.add(s10, f32x4.mul(x1, b0));
    s11 = f32x4.add(s11, f32x4.mul(x1, b1));
    const x2 = v128.load_splat<f32>(a2);
    s20 = f32x4.add(s20, f32x4.mul(x2, b0));
    s21 = f32x4.add(s21, f32x4.mul(x2, b1));
    const x3 = v128.load_splat<f32>(a3);
    s30 = f32x4.add(s30, f32x4.mul(x3, b0));
    s31 = f32x4.add(s31, f32x4.mul(x3, b1));
    a0 += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
    b += bStep;
  }
  if (rectify) {
    s00 = rectified(s00);
    s01 = rectified(s01);
    s10 = rectified(s10);
    s11 = rectified(s11);
    s20 = rectified(s20);
    s21 = rectified(s21);
    s30 = rectified(s30);
    s31 = rectified(s31);
  }
  v128.store(c0, s00);
  v128.store(c0, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}

export function tile1x8(
  k: i32,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  add: bool,
  rectify: bool,
): void {
  let s0 = f32x4.splat(0),
    s1 = s0;
  if (add) {
    s0 = v128.load(c);
    s1 = v128.load(c, 16);
  }
  for (; k > 0; k--) {
    const x = v128.load_splat<f32>(a);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(b, 16)));
    a += aStep;
    b += bStep;
  }
  if (rectify) {
    s0 = rectified(s0);
    s1 = rectified(s1);
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
}

// Like tile2x16, with the rows of B at places given by a table: 32-bit element indices, counted from byte address b.
export function taps2x16(
  k: i32,
  a0: usize,
  a1: usize,
  b: usize,
  table: usize,
  c0: usize,
  c1: usize,
  add: bool,
  rectify: bool,
): void {
  let s00 = f32x4.splat(0),
    s01 = s00,
    s02 = s00,
    s03 = s00;
  let s10 = s00,
    s11 = s00,
    s12 = s00,
    s13 = s00;
  if (add) {
    s00 = v128.load(c0);
    s01 = v128.load(c0, 16);
    s02 = v128.load(c0, 32);
    s03 = v128.load(c0, 48);
    s10 = v128.load(c1);
    s11 = v128.load(c1, 16);
    s12 = v128.load(c1, 32);
    s13 = v128.load(c1, 48);
  }
  for (; k > 0; k--) {
    const row = b + address(load<u32>(table));
    const b0 = v128.load(row),
      b1 = v128.load(row, 16),
      b2 = v128.load(row, 32),
      b3 = v128.load(row, 48);
    const x0 = v128.load_splat<f32>(a0);
    s00 = f32x4.add(s00, f32x4.mul(x0, b0));
    s01 = f32x4.add(s01, f32x4.mul(x0, b1));
    s02 = f32x4.add(s02, f32x4.mul(x0, b2));
    s03 = f32x4.add(s03, f32x4.mul(x0, b3));
    const x1 = v128.load_splat<f32>(a1);
    s10 = f32x4.add(s10, f32x4.mul(x1, b0));
    s11 = f32x4.add(s11, f32x4.mul(x1, b1));
    s12 = f32x4.add(s12, f32x4.mul(x1, b2));
    s13 = f32x4.add(s13, f32x4.mul(x1, b3));
    a0 += 4;
    a1 += 4;
    table += 4;
  }
  if (rectify) {
    s00 = rectified(s00);
    s01 = rectified(s01);
    s02 = rectified(s02);
    s03 = rectified(s03);
    s10 = rectified(s10);
    s11 = rectified(s11);
    s12 = rectified(s12);
    s13 = rectified(s13);
  }
  v128.store(c0, s00);
  v128.store(c0, s01, 16);
  v128.store(c0, s02, 32);
  v128.store(c0, s03, 48);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c1, s12, 32);
  v128.store(c1, s13, 48);
}

// One row of taps2x16.
export function taps1x16(k: i32, a: usize, b: usize, table: usize, c: usize, add: bool, rectify: bool): void {
  let s0 = f32x4.splat(0),
    s1 = s0,
    s2 = s0,
    s3 = s0;
  if (add) {
    s0 = v128.load(c);
    s1 = v128.load(c, 16);
    s2 = v128.load(c, 32);
    s3 = v128.load(c, 48);
  }
  for (; k > 0; k--) {
    const row = b + address(load<u32>(table));
    const x = v128.load_splat<f32>(a);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(row)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(row, 16)));
    s2 = f32x4.add(s2, f32x4.mul(x, v128.load(row, 32)));
    s3 = f32x4.add(s3, f32x4.mul(x, v128.load(row, 48)));
    a += 4;
    table += 4;
  }
  if (rectify) {
    s0 = rectified(s0);
    s1 = rectified(s1);
    s2 = rectified(s2);
    s3 = rectified(s3);
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
}
