// ChaCha keystream, expanded and added into a vector of 32-bit words in one pass (RFC 8439 §2.3; 12 or 20 rounds).
//
// Four blocks at once: register x_i holds word i of blocks n … n + 3, so a quarter round needs no shuffling of lanes,
// and a 4×4 transposition at the end brings the words of each block together. Rotations by 16 and 8 move whole bytes:
// a constant swizzle is one pshufb there, and faster than a shuffle or two shifts.

function rotate16(x: v128): v128 {
  return i8x16.swizzle(x, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}

function rotate8(x: v128): v128 {
  return i8x16.swizzle(x, i8x16(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14));
}

function rotate12(x: v128): v128 {
  return v128.or(i32x4.shl(x, 12), i32x4.shr_u(x, 20));
}

function rotate7(x: v128): v128 {
  return v128.or(i32x4.shl(x, 7), i32x4.shr_u(x, 25));
}

/** Adds four keystream words at `target`, or their negatives: −w = (w ^ −1) − (−1), and w = (w ^ 0) − 0. */
function accumulate(target: usize, words: v128, sign: v128): void {
  v128.store(target, i32x4.add(v128.load(target), i32x4.sub(v128.xor(words, sign), sign)));
}

/**
 * Transposes the words 4r … 4r + 3 of four blocks and accumulates them: lane l of `a` is word 4r of block l, which
 * lies 64·l bytes behind `target`.
 */
function accumulateRow(target: usize, a: v128, b: v128, c: v128, d: v128, sign: v128): void {
  const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd01 = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const cd23 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  accumulate(target, i64x2.shuffle(ab01, cd01, 0, 2), sign);
  accumulate(target + 64, i64x2.shuffle(ab01, cd01, 1, 3), sign);
  accumulate(target + 128, i64x2.shuffle(ab23, cd23, 0, 2), sign);
  accumulate(target + 192, i64x2.shuffle(ab23, cd23, 1, 3), sign);
}

/**
 * Four blocks from block number `counter`, accumulated into the 256 bytes at `target`.
 * @param key address of the 32-byte key
 */
function fourBlocks(key: usize, counter: u32, target: usize, rounds: i32, sign: v128): void {
  const counters = i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3));
  let x0 = i32x4.splat(0x61707865);
  let x1 = i32x4.splat(0x3320646e);
  let x2 = i32x4.splat(0x79622d32);
  let x3 = i32x4.splat(0x6b206574);
  let x4 = v128.load32_splat(key, 0);
  let x5 = v128.load32_splat(key, 4);
  let x6 = v128.load32_splat(key, 8);
  let x7 = v128.load32_splat(key, 12);
  let x8 = v128.load32_splat(key, 16);
  let x9 = v128.load32_splat(key, 20);
  let x10 = v128.load32_splat(key, 24);
  let x11 = v128.load32_splat(key, 28);
  let x12 = counters;
  let x13 = i32x4.splat(0);
  let x14 = i32x4.splat(0);
  let x15 = i32x4.splat(0);
  for (let round = 0; round < rounds; round += 2) {
    x0 = i32x4.add(x0, x4);
    x1 = i32x4.add(x1, x5);
    x2 = i32x4.add(x2, x6);
    x3 = i32x4.add(x3, x7);
    x12 = rotate16(v128.xor(x12, x0));
    x13 = rotate16(v128.xor(x13, x1));
    x14 = rotate16(v128.xor(x14, x2));
    x15 = rotate16(v128.xor(x15, x3));
    x8 = i32x4.add(x8, x12);
    x9 = i32x4.add(x9, x13);
    x10 = i32x4.add(x10, x14);
    x11 = i32x4.add(x11, x15);
    x4 = rotate12(v128.xor(x4, x8));
    x5 = rotate12(v128.xor(x5, x9));
    x6 = rotate12(v128.xor(x6, x10));
    x7 = rotate12(v128.xor(x7, x11));
    x0 = i32x4.add(x0, x4);
    x1 = i32x4.add(x1, x5);
    x2 = i32x4.add(x2, x6);
    x3 = i32x4.add(x3, x7);
    x12 = rotate8(v128.xor(x12, x0));
    x13 = rotate8(v128.xor(x13, x1));
    x14 = rotate8(v128.xor(x14, x2));
    x15 = rotate8(v128.xor(x15, x3));
    x8 = i32x4.add(x8, x12);
    x9 = i32x4.add(x9, x13);
    x10 = i32x4.add(x10, x14);
    x11 = i32x4.add(x11, x15);
    x4 = rotate7(v128.xor(x4, x8));
    x5 = rotate7(v128.xor(x5, x9));
    x6 = rotate7(v128.xor(x6, x10));
    x7 = rotate7(v128.xor(x7, x11));
    x0 = i32x4.add(x0, x5);
    x1 = i32x4.add(x1, x6);
    x2 = i32x4.add(x2, x7);
    x3 = i32x4.add(x3, x4);
    x15 = rotate16(v128.xor(x15, x0));
    x12 = rotate16(v128.xor(x12, x1));
    x13 = rotate16(v128.xor(x13, x2));
    x14 = rotate16(v128.xor(x14, x3));
    x10 = i32x4.add(x10, x15);
    x11 = i32x4.add(x11, x12);
    x8 = i32x4.add(x8, x13);
    x9 = i32x4.add(x9, x14);
    x5 = rotate12(v128.xor(x5, x10));
    x6 = rotate12(v128.xor(x6, x11));
    x7 = rotate12(v128.xor(x7, x8));
    x4 = rotate12(v128.xor(x4, x9));
    x0 = i32x4.add(x0, x5);
    x1 = i32x4.add(x1, x6);
    x2 = i32x4.add(x2, x7);
    x3 = i32x4.add(x3, x4);
    x15 = rotate8(v128.xor(x15, x0));
    x12 = rotate8(v128.xor(x12, x1));
    x13 = rotate8(v128.xor(x13, x2));
    x14 = rotate8(v128.xor(x14, x3));
    x10 = i32x4.add(x10, x15);
    x11 = i32x4.add(x11, x12);
    x8 = i32x4.add(x8, x13);
    x9 = i32x4.add(x9, x14);
    x5 = rotate7(v128.xor(x5, x10));
    x6 = rotate7(v128.xor(x6, x11));
    x7 = rotate7(v128.xor(x7, x8));
    x4 = rotate7(v128.xor(x4, x9));
  }
  accumulateRow(
    target + 0,
    i32x4.add(x0, i32x4.splat(0x61707865)),
    i32x4.add(x1, i32x4.splat(0x3320646e)),
    i32x4.add(x2, i32x4.splat(0x79622d32)),
    i32x4.add(x3, i32x4.splat(0x6b206574)),
    sign,
  );
  accumulateRow(
    target + 16,
    i32x4.add(x4, v128.load32_splat(key, 0)),
    i32x4.add(x5, v128.load32_splat(key, 4)),
    i32x4.add(x6, v128.load32_splat(key, 8)),
    i32x4.add(x7, v128.load32_splat(key, 12)),
    sign,
  );
  accumulateRow(
    target + 32,
    i32x4.add(x8, v128.load32_splat(key, 16)),
    i32x4.add(x9, v128.load32_splat(key, 20)),
    i32x4.add(x10, v128.load32_splat(key, 24)),
    i32x4.add(x11, v128.load32_splat(key, 28)),
    sign,
  );
  accumulateRow(target + 48, i32x4.add(x12, counters), x13, x14, x15, sign);
}

/**
 * Adds the keystream of the key at `key` to the words from `target`, or subtracts it, in groups of four blocks: the host
 * keeps the vector padded to whole groups, so the last one may run past its end.
 * @param groups number of groups of 256 bytes
 * @param subtract 0 to add, −1 to subtract
 */
export function accumulateStream(key: usize, target: usize, groups: u32, rounds: i32, subtract: i32): void {
  const sign = i32x4.splat(subtract);
  for (let group: u32 = 0; group < groups; group++) {
    fourBlocks(key, 4 * group, target + 256 * <usize>group, rounds, sign);
  }
}
