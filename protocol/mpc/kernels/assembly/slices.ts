// Words to rows of bits and back: the transposition of 32 × 32 bits, for 128 lanes at once.
//
// Vector i of a block holds the words of lanes i, 32 + i, 64 + i and 96 + i, so that transposing 32 × 32 bits in each of
// its four columns gives, as vector b, bit b of all 128 lanes in order: a group of a row. The transposition swaps ever
// smaller squares (Warren, Hacker's Delight, 2nd edition, §7-3), in any order of their sizes, and is its own inverse.

/** Bytes of a block: 32 vectors. */
const BLOCK: usize = 512;

/**
 * The bits in which `b` and `a`, shifted right, differ, within squares of a size: what the two have to exchange. The
 * size is a constant of compile time, given as a type of so many bytes, since shifts by a variable are slower.
 */
function difference<Size>(a: v128, b: v128): v128 {
  const mask = i32x4.splat(<i32>(0xffffffff / ((1 << sizeof<Size>()) + 1)));
  return v128.and(v128.xor(i32x4.shr_u(a, <i32>sizeof<Size>()), b), mask);
}

function shifted<Size>(difference: v128): v128 {
  return i32x4.shl(difference, <i32>sizeof<Size>());
}

/** Squares of two sizes in one pass over four vectors, `gap` bytes after one another. */
function swapTwice<Large, Small>(at: usize, gap: usize): void {
  let a = v128.load(at);
  let b = v128.load(at + gap);
  let c = v128.load(at + 2 * gap);
  let d = v128.load(at + 3 * gap);
  const ac = difference<Large>(a, c);
  const bd = difference<Large>(b, d);
  a = v128.xor(a, shifted<Large>(ac));
  c = v128.xor(c, ac);
  b = v128.xor(b, shifted<Large>(bd));
  d = v128.xor(d, bd);
  const ab = difference<Small>(a, b);
  const cd = difference<Small>(c, d);
  v128.store(at, v128.xor(a, shifted<Small>(ab)));
  v128.store(at + gap, v128.xor(b, ab));
  v128.store(at + 2 * gap, v128.xor(c, shifted<Small>(cd)));
  v128.store(at + 3 * gap, v128.xor(d, cd));
}

/** Transposes a block in place. */
function transpose(block: usize): void {
  for (let at = block; at < block + 128; at += 16) swapTwice<v128, u64>(at, 128);
  for (let at = block; at < block + BLOCK; at += 128) {
    swapTwice<u32, u16>(at, 32);
    swapTwice<u32, u16>(at + 16, 32);
    for (let pair = at; pair < at + 128; pair += 32) {
      const a = v128.load(pair);
      const b = v128.load(pair, 16);
      const ab = difference<u8>(a, b);
      v128.store(pair, v128.xor(a, shifted<u8>(ab)));
      v128.store(pair, v128.xor(b, ab), 16);
    }
  }
}

/** Stores the transposition of 4 × 4 words at `to`, its rows `gap` bytes after one another. */
function storeColumns(to: usize, gap: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd01 = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const cd23 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab01, cd01, 0, 2));
  v128.store(to + gap, i64x2.shuffle(ab01, cd01, 1, 3));
  v128.store(to + 2 * gap, i64x2.shuffle(ab23, cd23, 0, 2));
  v128.store(to + 3 * gap, i64x2.shuffle(ab23, cd23, 1, 3));
}

/** The low words of four values of 64 bits. */
function lowWords(at: usize): v128 {
  return i32x4.shuffle(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
}

/** The high words of four values of 64 bits. */
function highWords(at: usize): v128 {
  return i32x4.shuffle(v128.load(at), v128.load(at, 16), 1, 3, 5, 7);
}

/** Copies the first `rows` vectors of a block to rows of a group. */
function storeRows(block: usize, rows: usize, target: usize, rowBytes: usize): void {
  for (let row: usize = 0; row < rows; row++) v128.store(target + row * rowBytes, v128.load(block + 16 * row));
}

/** Fills a block with rows of a group, and with zeros after `rows` of them. */
function loadRows(block: usize, rows: usize, source: usize, rowBytes: usize): void {
  for (let row: usize = 0; row < rows; row++) v128.store(block + 16 * row, v128.load(source + row * rowBytes));
  for (let row = rows; row < 32; row++) v128.store(block + 16 * row, i32x4.splat(0));
}

/**
 * The low `rows` bits of words of 32 bits as rows. `source` holds 128 words for each 16 bytes of a row; `block` is 512
 * bytes that the kernel works in.
 */
export function sliceWords32(source: usize, rows: usize, target: usize, rowBytes: usize, block: usize): void {
  for (let group: usize = 0; group < rowBytes; group += 16, source += 512) {
    for (let i: usize = 0; i < 128; i += 16) {
      const at = source + i;
      storeColumns(block + 4 * i, 16, v128.load(at), v128.load(at, 128), v128.load(at, 256), v128.load(at, 384));
    }
    transpose(block);
    storeRows(block, rows, target + group, rowBytes);
  }
}

/** Rows, up to 32 of them, as words of 32 bits; the reverse of {@link sliceWords32}. */
export function joinWords32(source: usize, rows: usize, rowBytes: usize, target: usize, block: usize): void {
  for (let group: usize = 0; group < rowBytes; group += 16, target += 512) {
    loadRows(block, rows, source + group, rowBytes);
    transpose(block);
    for (let i: usize = 0; i < 128; i += 16) {
      const at = block + 4 * i;
      storeColumns(target + i, 128, v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48));
    }
  }
}

/** {@link sliceWords32} for words of 64 bits and up to 64 rows; `block` is 1 024 bytes. */
export function sliceWords64(source: usize, rows: usize, target: usize, rowBytes: usize, block: usize): void {
  const low = min<usize>(rows, 32);
  const high = rows - low;
  for (let group: usize = 0; group < rowBytes; group += 16, source += 1024) {
    for (let i: usize = 0; i < 8; i++) {
      const at = source + 32 * i;
      const to = block + 64 * i;
      storeColumns(to, 16, lowWords(at), lowWords(at + 256), lowWords(at + 512), lowWords(at + 768));
      storeColumns(to + BLOCK, 16, highWords(at), highWords(at + 256), highWords(at + 512), highWords(at + 768));
    }
    transpose(block);
    storeRows(block, low, target + group, rowBytes);
    if (high == 0) continue;
    transpose(block + BLOCK);
    storeRows(block + BLOCK, high, target + 32 * rowBytes + group, rowBytes);
  }
}

/** {@link joinWords32} for words of 64 bits and up to 64 rows; `block` is 1 024 bytes. */
export function joinWords64(source: usize, rows: usize, rowBytes: usize, target: usize, block: usize): void {
  const low = min<usize>(rows, 32);
  for (let group: usize = 0; group < rowBytes; group += 16, target += 1024) {
    loadRows(block, low, source + group, rowBytes);
    transpose(block);
    loadRows(block + BLOCK, rows - low, source + 32 * rowBytes + group, rowBytes);
    transpose(block + BLOCK);
    // Vector i holds the low words of lanes i, 32 + i, 64 + i and 96 + i, and its twin the high ones.
    for (let i: usize = 0; i < 32; i++) {
      const a = v128.load(block + 16 * i);
      const b = v128.load(block + BLOCK + 16 * i);
      const first = i32x4.shuffle(a, b, 0, 4, 1, 5);
      const last = i32x4.shuffle(a, b, 2, 6, 3, 7);
      const to = target + 8 * i;
      v128.store_lane<u64>(to, first, 0);
      v128.store_lane<u64>(to + 256, first, 1);
      v128.store_lane<u64>(to + 512, last, 0);
      v128.store_lane<u64>(to + 768, last, 1);
    }
  }
}
