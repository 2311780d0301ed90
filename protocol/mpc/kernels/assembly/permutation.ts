// AES-128 in the direction of decryption (FIPS 197 §5.3), bit-sliced and so in constant time: no table, no branch and no
// address depends on a key or a block.
//
// Eight blocks at once. A state is eight vectors: before transposition vector j is block j; after it, vector p (plane p)
// holds bit p of every byte, byte k of the vector being byte k of the block and bit j of that byte belonging to block j.
// So SubBytes is a circuit on planes, and ShiftRows and MixColumns move whole bytes of a vector.
//
// SubBytes inverts in GF(2^8) as a tower (Satoh and others 2001): GF(4) by w² = w + 1, GF(16) by y² = y + w, GF(256) by
// z² = z + ν with ν = wy + 1. Coordinates of the tower are ordered 1, w, y, wy, z, wz, yz, wyz. Of the
// isomorphisms with AES's field it is the one with the fewest terms, folded into the affine map of the S-box.

/** Bytes of a state. */
const STATE: usize = 128;

function plane(state: usize, index: usize): v128 {
  return v128.load(state + (index << 4));
}

function put(state: usize, index: usize, value: v128): void {
  v128.store(state + (index << 4), value);
}

/** The upper coordinate of a product in GF(4), of (h, l) and (m, n). */
function upper(h: v128, l: v128, m: v128, n: v128): v128 {
  return v128.xor(v128.xor(v128.and(h, n), v128.and(l, m)), v128.and(h, m));
}

/** The lower coordinate of that product. */
function lower(h: v128, l: v128, m: v128, n: v128): v128 {
  return v128.xor(v128.and(l, n), v128.and(h, m));
}

/** One step of a transposition: bits of vectors a and a + s are exchanged where their index has bit s. */
function exchange(state: usize, a: usize, s: i32, mask: v128): void {
  const left = plane(state, a);
  const right = plane(state, a + <usize>s);
  const moved = v128.and(v128.xor(i64x2.shr_u(left, s), right), mask);
  put(state, a + <usize>s, v128.xor(right, moved));
  put(state, a, v128.xor(left, i64x2.shl(moved, s)));
}

/** Turns eight blocks into eight planes, and back. */
function transpose(state: usize): void {
  const nibbles = i8x16.splat(0x0f);
  for (let a: usize = 0; a < 4; a++) exchange(state, a, 4, nibbles);
  const pairs = i8x16.splat(0x33);
  exchange(state, 0, 2, pairs);
  exchange(state, 1, 2, pairs);
  exchange(state, 4, 2, pairs);
  exchange(state, 5, 2, pairs);
  const bits = i8x16.splat(0x55);
  for (let a: usize = 0; a < 8; a += 2) exchange(state, a, 1, bits);
}

/** Puts the product of x and d in GF(16) into four planes. */
function multiply(
  state: usize,
  at: usize,
  x0: v128,
  x1: v128,
  x2: v128,
  x3: v128,
  d0: v128,
  d1: v128,
  d2: v128,
  d3: v128,
): void {
  const p1 = upper(x3, x2, d3, d2);
  const p0 = lower(x3, x2, d3, d2);
  const q1 = upper(x1, x0, d1, d0);
  const q0 = lower(x1, x0, d1, d0);
  const x13 = v128.xor(x1, x3);
  const x02 = v128.xor(x0, x2);
  const d13 = v128.xor(d1, d3);
  const d02 = v128.xor(d0, d2);
  put(state, at, v128.xor(q0, p1));
  put(state, at + 1, v128.xor(q1, v128.xor(p1, p0)));
  put(state, at + 2, v128.xor(lower(x13, x02, d13, d02), q0));
  put(state, at + 3, v128.xor(upper(x13, x02, d13, d02), q1));
}

/** Inverts every byte, given and returned in coordinates of the tower. */
function invert(state: usize): void {
  const a0 = plane(state, 0);
  const a1 = plane(state, 1);
  const a2 = plane(state, 2);
  const a3 = plane(state, 3);
  const b0 = plane(state, 4);
  const b1 = plane(state, 5);
  const b2 = plane(state, 6);
  const b3 = plane(state, 7);
  // The sum of both halves, which is the upper half's conjugate.
  const c0 = v128.xor(a0, b0);
  const c1 = v128.xor(a1, b1);
  const c2 = v128.xor(a2, b2);
  const c3 = v128.xor(a3, b3);
  // a·c = a² + ab, by Karatsuba over GF(4); then the norm a² + ab + νb².
  const p1 = upper(a3, a2, c3, c2);
  const p0 = lower(a3, a2, c3, c2);
  const q1 = upper(a1, a0, c1, c0);
  const q0 = lower(a1, a0, c1, c0);
  const sumA1 = v128.xor(a1, a3);
  const sumA0 = v128.xor(a0, a2);
  const sumC1 = v128.xor(c1, c3);
  const sumC0 = v128.xor(c0, c2);
  const r1 = upper(sumA1, sumA0, sumC1, sumC0);
  const r0 = lower(sumA1, sumA0, sumC1, sumC0);
  const n0 = v128.xor(v128.xor(q0, p1), v128.xor(v128.xor(b0, b1), v128.xor(b2, b3)));
  const n1 = v128.xor(v128.xor(q1, v128.xor(p1, p0)), v128.xor(b1, b3));
  const n2 = v128.xor(v128.xor(r0, q0), b1);
  const n3 = v128.xor(v128.xor(r1, q1), b0);
  // The norm's inverse in GF(16): the same again, with squaring as inversion in GF(4).
  const m1 = v128.xor(n1, n3);
  const m0 = v128.xor(n0, n2);
  const e1 = v128.xor(upper(n1, n0, m1, m0), n2);
  const e0 = v128.xor(v128.xor(lower(n1, n0, m1, m0), n3), e1);
  const d3 = upper(n3, n2, e1, e0);
  const d2 = lower(n3, n2, e1, e0);
  const d1 = upper(m1, m0, e1, e0);
  const d0 = lower(m1, m0, e1, e0);
  // Both halves of the result: c / norm, and b / norm.
  multiply(state, 0, c0, c1, c2, c3, d0, d1, d2, d3);
  multiply(state, 4, b0, b1, b2, b3, d0, d1, d2, d3);
}

/** The inverse affine map of the S-box, then the isomorphism to the tower. */
function enterInverse(state: usize): void {
  const x0 = plane(state, 0);
  const x1 = plane(state, 1);
  const x2 = plane(state, 2);
  const x3 = plane(state, 3);
  const x4 = plane(state, 4);
  const x5 = plane(state, 5);
  const x6 = plane(state, 6);
  const x7 = plane(state, 7);
  const shared0 = v128.xor(x1, x2);
  const shared1 = v128.xor(shared0, x6);
  const shared2 = v128.xor(x3, x5);
  const shared3 = v128.xor(shared2, x6);
  put(state, 0, x3);
  put(state, 1, v128.xor(x2, shared3));
  put(state, 2, shared1);
  put(state, 3, v128.not(v128.xor(x5, x7)));
  put(state, 4, v128.not(v128.xor(x7, shared0)));
  put(state, 5, v128.xor(x4, shared3));
  put(state, 6, v128.not(v128.xor(x0, x3)));
  put(state, 7, v128.xor(x7, shared1));
}

/** The isomorphism from the tower. */
function leaveInverse(state: usize): void {
  const x0 = plane(state, 0);
  const x1 = plane(state, 1);
  const x2 = plane(state, 2);
  const x3 = plane(state, 3);
  const x4 = plane(state, 4);
  const x5 = plane(state, 5);
  const x6 = plane(state, 6);
  const x7 = plane(state, 7);
  const shared0 = v128.xor(x1, x4);
  const shared1 = v128.xor(x6, x7);
  const shared2 = v128.xor(x1, x2);
  const shared3 = v128.xor(shared2, x5);
  put(state, 0, v128.xor(v128.xor(x0, x2), shared0));
  put(state, 1, v128.xor(x4, shared1));
  put(state, 2, v128.xor(x5, shared0));
  put(state, 3, v128.xor(shared0, shared1));
  put(state, 4, v128.xor(x3, shared0));
  put(state, 5, v128.xor(x7, shared3));
  put(state, 6, v128.xor(v128.xor(x2, x3), shared1));
  put(state, 7, shared3);
}

/** The isomorphism to the tower. */
function enterForward(state: usize): void {
  const x0 = plane(state, 0);
  const x1 = plane(state, 1);
  const x2 = plane(state, 2);
  const x3 = plane(state, 3);
  const x4 = plane(state, 4);
  const x5 = plane(state, 5);
  const x6 = plane(state, 6);
  const x7 = plane(state, 7);
  const shared0 = v128.xor(x4, x6);
  const shared1 = v128.xor(shared0, x3);
  const shared2 = v128.xor(x1, x2);
  const shared3 = v128.xor(shared2, x7);
  put(state, 0, v128.xor(v128.xor(x0, x3), shared3));
  put(state, 1, v128.xor(x1, x3));
  put(state, 2, shared1);
  put(state, 3, v128.xor(x6, shared3));
  put(state, 4, v128.xor(v128.xor(x2, x7), shared1));
  put(state, 5, v128.xor(v128.xor(x1, x7), shared0));
  put(state, 6, v128.xor(v128.xor(x5, shared1), shared2));
  put(state, 7, v128.xor(x5, x7));
}

/** The isomorphism from the tower, then the affine map of the S-box. */
function leaveForward(state: usize): void {
  const x0 = plane(state, 0);
  const x1 = plane(state, 1);
  const x2 = plane(state, 2);
  const x3 = plane(state, 3);
  const x4 = plane(state, 4);
  const x5 = plane(state, 5);
  const x6 = plane(state, 6);
  const x7 = plane(state, 7);
  const shared0 = v128.xor(x0, x3);
  const shared1 = v128.xor(shared0, x1);
  const shared2 = v128.xor(x2, x4);
  const shared3 = v128.xor(x2, x7);
  put(state, 0, v128.not(v128.xor(x0, x6)));
  put(state, 1, v128.not(v128.xor(x7, shared1)));
  put(state, 2, v128.xor(shared1, shared2));
  put(state, 3, x0);
  put(state, 4, v128.xor(v128.xor(x5, shared0), shared2));
  put(state, 5, v128.not(v128.xor(x3, shared3)));
  put(state, 6, v128.not(v128.xor(x4, x7)));
  put(state, 7, shared3);
}

function addRoundKey(state: usize, key: usize): void {
  for (let at: usize = 0; at < STATE; at += 16) {
    v128.store(state + at, v128.xor(v128.load(state + at), v128.load(key + at)));
  }
}

/** InvShiftRows: byte 4c + r comes from column c − r. */
function unshiftRows(state: usize): void {
  const from = i8x16(0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3);
  for (let at: usize = 0; at < STATE; at += 16) {
    v128.store(state + at, i8x16.swizzle(v128.load(state + at), from));
  }
}

/** The byte below in the same column. */
function below(x: v128): v128 {
  return i8x16.swizzle(x, i8x16(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12));
}

/** The byte two below in the same column. */
function twoBelow(x: v128): v128 {
  return i8x16.swizzle(x, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}

/** A plane of the sum with the byte two below. */
function pair(state: usize, index: usize): v128 {
  const a = plane(state, index);
  return v128.xor(a, twoBelow(a));
}

/**
 * InvMixColumns as MixColumns after a map of its own: the circulant (14, 11, 13, 9) is (2, 3, 1, 1) times (5, 0, 4, 0).
 */
function unmixColumns(state: usize): void {
  // a += 4(a + the byte two below), in AES's field.
  const t0 = pair(state, 0);
  const t1 = pair(state, 1);
  const t2 = pair(state, 2);
  const t3 = pair(state, 3);
  const t4 = pair(state, 4);
  const t5 = pair(state, 5);
  const t6 = pair(state, 6);
  const t7 = pair(state, 7);
  const t67 = v128.xor(t6, t7);
  const a0 = v128.xor(plane(state, 0), t6);
  const a1 = v128.xor(plane(state, 1), t67);
  const a2 = v128.xor(plane(state, 2), v128.xor(t0, t7));
  const a3 = v128.xor(plane(state, 3), v128.xor(t1, t6));
  const a4 = v128.xor(plane(state, 4), v128.xor(t2, t67));
  const a5 = v128.xor(plane(state, 5), v128.xor(t3, t7));
  const a6 = v128.xor(plane(state, 6), t4);
  const a7 = v128.xor(plane(state, 7), t5);
  // 2(a + below) + below + (a + below) of the byte two below.
  const s7 = v128.xor(a7, below(a7));
  mix(state, 0, a0, s7);
  mix(state, 1, a1, v128.xor(v128.xor(a0, below(a0)), s7));
  mix(state, 2, a2, v128.xor(a1, below(a1)));
  mix(state, 3, a3, v128.xor(v128.xor(a2, below(a2)), s7));
  mix(state, 4, a4, v128.xor(v128.xor(a3, below(a3)), s7));
  mix(state, 5, a5, v128.xor(a4, below(a4)));
  mix(state, 6, a6, v128.xor(a5, below(a5)));
  mix(state, 7, a7, v128.xor(a6, below(a6)));
}

/** A plane of MixColumns, given that plane of the doubled sum. */
function mix(state: usize, index: usize, a: v128, doubled: v128): void {
  const next = below(a);
  put(state, index, v128.xor(v128.xor(doubled, next), twoBelow(v128.xor(a, next))));
}

/** Byte k of each plane as a bit of byte k of a round key, for all eight blocks. */
function spread(key: usize, planes: usize): void {
  const bytes = v128.load(key);
  for (let bit: i32 = 0; bit < 8; bit++) {
    const mask = i8x16.splat(<i8>((<i32>1) << bit));
    v128.store(planes + ((<usize>bit) << 4), i8x16.eq(v128.and(bytes, mask), mask));
  }
}

/**
 * Expands a key (FIPS 197 §5.2) to the planes of its eleven round keys.
 * @param key 16 bytes, overwritten
 * @param schedule 11 × 128 bytes
 * @param state 128 bytes of scratch
 */
export function expandKey(key: usize, schedule: usize, state: usize): void {
  spread(key, schedule);
  let constant: u32 = 1;
  for (let round: usize = 1; round <= 10; round++) {
    for (let at: usize = 0; at < STATE; at += 16) v128.store(state + at, i64x2(0, 0));
    store<u32>(state, rotr(load<u32>(key, 12), 8));
    transpose(state);
    enterForward(state);
    invert(state);
    leaveForward(state);
    transpose(state);
    let word = load<u32>(state) ^ constant;
    constant = (constant << 1) ^ ((constant >> 7) * 0x11b);
    for (let at: usize = 0; at < 16; at += 4) {
      word ^= load<u32>(key + at);
      store<u32>(key + at, word);
    }
    spread(key, schedule + round * STATE);
  }
}

/**
 * Decrypts blocks in place, eight at a time.
 * @param schedule what {@link expandKey} made
 * @param groups number of groups of eight blocks
 */
export function permuteBlocks(schedule: usize, blocks: usize, groups: u32): void {
  for (let group: u32 = 0; group < groups; group++, blocks += STATE) {
    transpose(blocks);
    addRoundKey(blocks, schedule + 10 * STATE);
    for (let round: usize = 9; ; round--) {
      unshiftRows(blocks);
      enterInverse(blocks);
      invert(blocks);
      leaveInverse(blocks);
      addRoundKey(blocks, schedule + round * STATE);
      if (round == 0) break;
      unmixColumns(blocks);
    }
    transpose(blocks);
  }
}
