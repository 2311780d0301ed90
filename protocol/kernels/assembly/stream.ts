// ChaCha keystream, expanded and added into a vector of 32-bit words in one pass (RFC 8439 §2.3; 12 or 20 rounds).
//
// A stream is 96 bytes of memory: the host writes the key into the first 32, and prepareStream fills the rest with the
// state after the part of the first round that all blocks share. Both are as secret as the key; the host wipes them.
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

/** Offset of the shared state after the key. */
const STATE: usize = 32;

/** One quarter round of scalars on a column of the state, 16 bytes from word to word. */
function columnRound(column: usize): void {
  let a = load<u32>(column);
  let b = load<u32>(column, 16);
  let c = load<u32>(column, 32);
  let d = load<u32>(column, 48);
  a += b;
  d = rotl(d ^ a, 16);
  c += d;
  b = rotl(b ^ c, 12);
  a += b;
  d = rotl(d ^ a, 8);
  c += d;
  b = rotl(b ^ c, 7);
  store<u32>(column, a);
  store<u32>(column, b, 16);
  store<u32>(column, c, 32);
  store<u32>(column, d, 48);
}

/**
 * Makes a stream of the key at `stream`. The counter is in column 0 and the nonce is zero, so the first round of
 * columns 1 to 3 is the same in every block: computing it here once saves a sixteenth of twelve rounds.
 */
export function prepareStream(stream: usize): void {
  const state = stream + STATE;
  v128.store(state, i32x4(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574));
  v128.store(state, v128.load(stream), 16);
  v128.store(state, v128.load(stream, 16), 32);
  v128.store(state, i32x4.splat(0), 48);
  columnRound(state + 4);
  columnRound(state + 8);
  columnRound(state + 12);
}

/**
 * Adds four keystream words at `target`, or subtracts them. A type parameter chooses at compile time: u32 adds and i32
 * subtracts. Negating the words instead would cost 3 %.
 */
function accumulate<Sign>(target: usize, words: v128): void {
  const before = v128.load(target);
  v128.store(target, isSigned<Sign>() ? i32x4.sub(before, words) : i32x4.add(before, words));
}

/**
 * Transposes the words 4r … 4r + 3 of four blocks and accumulates them: lane l of `a` is word 4r of block l, which lies
 * 64·l bytes after `target`.
 */
function accumulateRow<Sign>(target: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd01 = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const cd23 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  accumulate<Sign>(target, i64x2.shuffle(ab01, cd01, 0, 2));
  accumulate<Sign>(target + 64, i64x2.shuffle(ab01, cd01, 1, 3));
  accumulate<Sign>(target + 128, i64x2.shuffle(ab23, cd23, 0, 2));
  accumulate<Sign>(target + 192, i64x2.shuffle(ab23, cd23, 1, 3));
}

/** Four blocks from block number `counter`, accumulated into the 256 bytes at `target`. */
function fourBlocks<Sign>(stream: usize, counter: u32, target: usize, rounds: i32): void {
  const counters = i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3));
  const state = stream + STATE;
  let x0 = v128.load32_splat(state, 0);
  let x1 = v128.load32_splat(state, 4);
  let x2 = v128.load32_splat(state, 8);
  let x3 = v128.load32_splat(state, 12);
  let x4 = v128.load32_splat(state, 16);
  let x5 = v128.load32_splat(state, 20);
  let x6 = v128.load32_splat(state, 24);
  let x7 = v128.load32_splat(state, 28);
  let x8 = v128.load32_splat(state, 32);
  let x9 = v128.load32_splat(state, 36);
  let x10 = v128.load32_splat(state, 40);
  let x11 = v128.load32_splat(state, 44);
  let x12 = counters;
  let x13 = v128.load32_splat(state, 52);
  let x14 = v128.load32_splat(state, 56);
  let x15 = v128.load32_splat(state, 60);
  x0 = i32x4.add(x0, x4);
  x12 = rotate16(v128.xor(x12, x0));
  x8 = i32x4.add(x8, x12);
  x4 = rotate12(v128.xor(x4, x8));
  x0 = i32x4.add(x0, x4);
  x12 = rotate8(v128.xor(x12, x0));
  x8 = i32x4.add(x8, x12);
  x4 = rotate7(v128.xor(x4, x8));
  for (let left = rounds - 2; ; left -= 2) {
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
    if (left == 0) break;
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
  }
  accumulateRow<Sign>(
    target + 0,
    i32x4.add(x0, i32x4.splat(0x61707865)),
    i32x4.add(x1, i32x4.splat(0x3320646e)),
    i32x4.add(x2, i32x4.splat(0x79622d32)),
    i32x4.add(x3, i32x4.splat(0x6b206574)),
  );
  accumulateRow<Sign>(
    target + 16,
    i32x4.add(x4, v128.load32_splat(stream, 0)),
    i32x4.add(x5, v128.load32_splat(stream, 4)),
    i32x4.add(x6, v128.load32_splat(stream, 8)),
    i32x4.add(x7, v128.load32_splat(stream, 12)),
  );
  accumulateRow<Sign>(
    target + 32,
    i32x4.add(x8, v128.load32_splat(stream, 16)),
    i32x4.add(x9, v128.load32_splat(stream, 20)),
    i32x4.add(x10, v128.load32_splat(stream, 24)),
    i32x4.add(x11, v128.load32_splat(stream, 28)),
  );
  accumulateRow<Sign>(target + 48, i32x4.add(x12, counters), x13, x14, x15);
}

/**
 * Adds a stream to the words from `target`, in groups of four blocks: the host pads the vector to whole groups, so the
 * last one may run past its end.
 * @param counter number of the first block
 * @param groups number of groups of 256 bytes
 */
export function addStream(stream: usize, counter: u32, target: usize, groups: u32, rounds: i32): void {
  for (let group: u32 = 0; group < groups; group++) {
    fourBlocks<u32>(stream, counter + 4 * group, target + 256 * <usize>group, rounds);
  }
}

/** Subtracts what {@link addStream} adds. */
export function subtractStream(stream: usize, counter: u32, target: usize, groups: u32, rounds: i32): void {
  for (let group: u32 = 0; group < groups; group++) {
    fourBlocks<i32>(stream, counter + 4 * group, target + 256 * <usize>group, rounds);
  }
}
