// GMW (Goldreich, Micali and Wigderson 1987) on rows of bits: a row is a wire, a bit of it a lane. Rows have `rowBytes`
// bytes, a multiple of 16, and row i of a region begins i · rowBytes bytes after the region's first.
//
// A program is a list of gates, each three rows of `wires` as 32-bit numbers: where the result goes, and the two
// operands. A loop over a program's gates costs a call no more than one gate would.
export * from './gmw-words';

/** Free gates: the XOR of two rows. A negation is the XOR with a row that is all ones at one of the two parties. */
export function xorRows(program: usize, gates: usize, wires: usize, rowBytes: usize): void {
  const end = program + 12 * gates;
  for (; program < end; program += 12) {
    const to = wires + <usize>load<u32>(program) * rowBytes;
    const x = wires + <usize>load<u32>(program, 4) * rowBytes;
    const y = wires + <usize>load<u32>(program, 8) * rowBytes;
    for (let at: usize = 0; at < rowBytes; at += 16) {
      v128.store(to + at, v128.xor(v128.load(x + at), v128.load(y + at)));
    }
  }
}

/**
 * Masks the operands of ANDs with triples, gate by gate a row: `opened` gets the rows x ⊕ a of all gates and then their
 * rows y ⊕ b.
 */
export function maskOperands(
  program: usize,
  gates: usize,
  wires: usize,
  rowBytes: usize,
  a: usize,
  b: usize,
  opened: usize,
): void {
  const end = program + 12 * gates;
  let d = opened;
  let e = opened + gates * rowBytes;
  for (; program < end; program += 12) {
    const x = wires + <usize>load<u32>(program, 4) * rowBytes;
    const y = wires + <usize>load<u32>(program, 8) * rowBytes;
    for (let at: usize = 0; at < rowBytes; at += 16) {
      v128.store(d + at, v128.xor(v128.load(x + at), v128.load(a + at)));
      v128.store(e + at, v128.xor(v128.load(y + at), v128.load(b + at)));
    }
    a += rowBytes;
    b += rowBytes;
    d += rowBytes;
    e += rowBytes;
  }
}

/**
 * The ANDs' results, from what both parties opened: with d = x ⊕ a and e = y ⊕ b, x ∧ y = d ∧ e ⊕ d ∧ b ⊕ e ∧ a ⊕ c for
 * c = a ∧ b (Beaver 1991). One party alone adds d ∧ e: `own` is all ones at that party, and zero at the other.
 */
export function multiplyRows(
  program: usize,
  gates: usize,
  wires: usize,
  rowBytes: usize,
  a: usize,
  b: usize,
  c: usize,
  mine: usize,
  theirs: usize,
  own: u32,
): void {
  const end = program + 12 * gates;
  const second = gates * rowBytes;
  const select = i32x4.splat(own);
  for (; program < end; program += 12) {
    const to = wires + <usize>load<u32>(program) * rowBytes;
    for (let at: usize = 0; at < rowBytes; at += 16) {
      const d = v128.xor(v128.load(mine), v128.load(theirs));
      const e = v128.xor(v128.load(mine + second), v128.load(theirs + second));
      const first = v128.and(d, v128.xor(v128.and(e, select), v128.load(b)));
      v128.store(to + at, v128.xor(v128.xor(first, v128.and(e, v128.load(a))), v128.load(c)));
      a += 16;
      b += 16;
      c += 16;
      mine += 16;
      theirs += 16;
    }
  }
}

/**
 * Rows as a message has them: `width` bytes each, without a gap, and with the bits after the last lane cleared, for
 * which `last` has a row's bits of its last byte. Whole vectors are copied, so each row overwrites what the one before
 * it wrote too much, and up to 15 bytes after the last row are written.
 */
export function packRows(source: usize, rows: usize, rowBytes: usize, target: usize, width: usize, last: u32): void {
  for (let row: usize = 0; row < rows; row++) {
    for (let at: usize = 0; at < rowBytes; at += 16) v128.store(target + at, v128.load(source + at));
    source += rowBytes;
    target += width;
    store<u8>(target - 1, load<u8>(target - 1) & last);
  }
}

/**
 * The reverse of {@link packRows}. Lanes after the last hold anything; up to 15 bytes after the message are read.
 * @returns whether all bits after the last lane are zero in the message
 */
export function unpackRows(source: usize, rows: usize, rowBytes: usize, target: usize, width: usize, last: u32): bool {
  let set: u32 = 0;
  for (let row: usize = 0; row < rows; row++) {
    for (let at: usize = 0; at < rowBytes; at += 16) v128.store(target + at, v128.load(source + at));
    target += rowBytes;
    source += width;
    set |= (<u32>load<u8>(source - 1)) & ~last;
  }
  return (set & 0xff) == 0;
}

/** rows ^= others, over `bytes` bytes. */
export function xorInto(rows: usize, others: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(rows + at, v128.xor(v128.load(rows + at), v128.load(others + at)));
  }
}
