// From opened bits back to shares of words: the last step of a ReLU or of an exact shift; see protocol/mpc/gmw. Vectors of
// words have whole groups of 128 lanes, a lane after the other. `own` is all ones at the one of the two parties that
// adds what both know, and zero at the other.

/** Selects of a splat 32-bit word of a row the bits of the first lanes of a vector of T. */
function firstLanes<T>(): v128 {
  return sizeof<T>() == 4 ? i32x4(1, 2, 4, 8) : i64x2(1, 2);
}

/** All ones in the lanes whose bit is set. */
function laneMask<T>(row: usize, lanes: v128): v128 {
  const word = load<u32>(row);
  const bits = sizeof<T>() == 4 ? i32x4.splat(word) : i64x2.splat(<i64>word);
  return v128.eq<T>(v128.and(bits, lanes), lanes);
}

/** −x where the mask is all ones, and x where it is zero. */
function negateWhere<T>(mask: v128, x: v128): v128 {
  return v128.sub<T>(v128.xor(x, mask), mask);
}

/** A power of two in all lanes. */
function power<T>(exponent: i32): v128 {
  return sizeof<T>() == 4 ? i32x4.splat(1 << exponent) : i64x2.splat((<i64>1) << (<i64>exponent));
}

/** words += 2^exponent, over `bytes` bytes. */
function addPower<T>(words: usize, bytes: usize, exponent: i32): void {
  const value = power<T>(exponent);
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(words + at, v128.add<T>(v128.load(words + at), value));
  }
}

/**
 * A share of s · (t + c − w · 2^(bits − shift)), from opened rows s′ = s ⊕ d, c′ = c ⊕ e, w′ = w ⊕ f and opened words
 * T = t − a, in two shares. `dealt` has shares of d, a, d·a, e, d·e, f and d·f, a vector after the other; with a shift
 * of 0 there is one row, and only the first three are read. With σ = 1 − 2s′, s = s′ + σ · d, and likewise for the other
 * two; what both know is P = T + c′ − w′ · 2^(bits − shift), and the rest A is linear in a, e and f, so that the result is
 * s′ · (P + A) + σ · (P · d + d · A).
 */
function finishRectify<T>(
  rows: usize,
  rowBytes: usize,
  mine: usize,
  theirs: usize,
  dealt: usize,
  shift: i32,
  own: u32,
  target: usize,
): void {
  const step: usize = 8 * <usize>sizeof<T>() * rowBytes;
  const select = i32x4.splat(own);
  const carryShift = <i32>(8 * sizeof<T>()) - shift;
  const lanesOfVector = <i32>(16 / sizeof<T>());
  for (let word: usize = 0; word < rowBytes; word += 4) {
    let lanes = firstLanes<T>();
    for (let lane: usize = 0; lane < 32; lane += 16 / <usize>sizeof<T>()) {
      const sign = laneMask<T>(rows + word, lanes);
      let known = v128.add<T>(v128.load(mine), v128.load(theirs));
      let rest = v128.load(dealt + step);
      let signRest = v128.load(dealt + 2 * step);
      if (shift > 0) {
        const carry = laneMask<T>(rows + rowBytes + word, lanes);
        const wrap = laneMask<T>(rows + 2 * rowBytes + word, lanes);
        known = v128.add<T>(v128.sub<T>(known, carry), v128.shl<T>(wrap, carryShift));
        rest = v128.add<T>(rest, negateWhere<T>(carry, v128.load(dealt + 3 * step)));
        signRest = v128.add<T>(signRest, negateWhere<T>(carry, v128.load(dealt + 4 * step)));
        const wraps = negateWhere<T>(wrap, v128.load(dealt + 5 * step));
        const signWraps = negateWhere<T>(wrap, v128.load(dealt + 6 * step));
        rest = v128.sub<T>(rest, v128.shl<T>(wraps, carryShift));
        signRest = v128.sub<T>(signRest, v128.shl<T>(signWraps, carryShift));
      }
      const flipped = v128.add<T>(v128.mul<T>(known, v128.load(dealt)), signRest);
      const plain = v128.and(sign, v128.add<T>(rest, v128.and(known, select)));
      v128.store(target, v128.add<T>(plain, negateWhere<T>(sign, flipped)));
      mine += 16;
      theirs += 16;
      dealt += 16;
      target += 16;
      lanes = v128.shl<T>(lanes, lanesOfVector);
    }
  }
}

/**
 * In place of a share t, a share of t + c − w · 2^(bits − shift) − 2^offset, from opened rows c′ = c ⊕ e and w′ = w ⊕ f.
 * `dealt` has shares of e and then f, as vectors.
 */
function finishTruncate<T>(
  rows: usize,
  rowBytes: usize,
  words: usize,
  dealt: usize,
  shift: i32,
  offset: i32,
  own: u32,
): void {
  const step: usize = 8 * <usize>sizeof<T>() * rowBytes;
  const select = i32x4.splat(own);
  const carryShift = <i32>(8 * sizeof<T>()) - shift;
  const lanesOfVector = <i32>(16 / sizeof<T>());
  const subtracted = power<T>(offset);
  for (let word: usize = 0; word < rowBytes; word += 4) {
    let lanes = firstLanes<T>();
    for (let lane: usize = 0; lane < 32; lane += 16 / <usize>sizeof<T>()) {
      const carry = laneMask<T>(rows + word, lanes);
      const wrap = laneMask<T>(rows + rowBytes + word, lanes);
      const known = v128.sub<T>(v128.sub<T>(v128.shl<T>(wrap, carryShift), carry), subtracted);
      const carries = negateWhere<T>(carry, v128.load(dealt));
      const wraps = v128.shl<T>(negateWhere<T>(wrap, v128.load(dealt + step)), carryShift);
      const share = v128.add<T>(v128.load(words), v128.sub<T>(carries, wraps));
      v128.store(words, v128.add<T>(share, v128.and(known, select)));
      words += 16;
      dealt += 16;
      lanes = v128.shl<T>(lanes, lanesOfVector);
    }
  }
}

export function addPower32(words: usize, bytes: usize, exponent: i32): void {
  addPower<u32>(words, bytes, exponent);
}

export function addPower64(words: usize, bytes: usize, exponent: i32): void {
  addPower<u64>(words, bytes, exponent);
}

export function finishRectify32(
  rows: usize,
  rowBytes: usize,
  mine: usize,
  theirs: usize,
  dealt: usize,
  shift: i32,
  own: u32,
  target: usize,
): void {
  finishRectify<u32>(rows, rowBytes, mine, theirs, dealt, shift, own, target);
}

export function finishRectify64(
  rows: usize,
  rowBytes: usize,
  mine: usize,
  theirs: usize,
  dealt: usize,
  shift: i32,
  own: u32,
  target: usize,
): void {
  finishRectify<u64>(rows, rowBytes, mine, theirs, dealt, shift, own, target);
}

export function finishTruncate32(
  rows: usize,
  rowBytes: usize,
  words: usize,
  dealt: usize,
  shift: i32,
  offset: i32,
  own: u32,
): void {
  finishTruncate<u32>(rows, rowBytes, words, dealt, shift, offset, own);
}

export function finishTruncate64(
  rows: usize,
  rowBytes: usize,
  words: usize,
  dealt: usize,
  shift: i32,
  offset: i32,
  own: u32,
): void {
  finishTruncate<u64>(rows, rowBytes, words, dealt, shift, offset, own);
}
