// Vectors over Z_2^32 and Z_2^64: element by element here, products of matrices in ring-product.ts. The host rounds what
// it reserves up to 16 bytes, so that loops over whole v128 need no special case at the end of a vector.
export { ringProduct32, ringProduct64 } from './ring-product';
export { ringPad32, ringPad64, ringConvolve32, ringConvolve64 } from './ring-convolution';

export function ringAdd32(target: usize, a: usize, b: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(target + at, i32x4.add(v128.load(a + at), v128.load(b + at)));
  }
}

export function ringAdd64(target: usize, a: usize, b: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(target + at, i64x2.add(v128.load(a + at), v128.load(b + at)));
  }
}

export function ringSubtract32(target: usize, a: usize, b: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(target + at, i32x4.sub(v128.load(a + at), v128.load(b + at)));
  }
}

export function ringSubtract64(target: usize, a: usize, b: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(target + at, i64x2.sub(v128.load(a + at), v128.load(b + at)));
  }
}

export function ringMultiply32(target: usize, a: usize, b: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(target + at, i32x4.mul(v128.load(a + at), v128.load(b + at)));
  }
}

export function ringMultiply64(target: usize, a: usize, b: usize, bytes: usize): void {
  // Without AVX-512 a product of two 64-bit lanes takes three of 32 bits: a scalar one is as fast.
  for (let at: usize = 0; at < bytes; at += 8) {
    store<u64>(target + at, load<u64>(a + at) * load<u64>(b + at));
  }
}

/** Shifts right, with copies of the sign if `signed` is not 0. */
export function ringShift32(target: usize, a: usize, bytes: usize, bits: i32, signed: i32): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const words = v128.load(a + at);
    v128.store(target + at, signed ? i32x4.shr_s(words, bits) : i32x4.shr_u(words, bits));
  }
}

export function ringShift64(target: usize, a: usize, bytes: usize, bits: i32, signed: i32): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const words = v128.load(a + at);
    v128.store(target + at, signed ? i64x2.shr_s(words, bits) : i64x2.shr_u(words, bits));
  }
}
