// Packed vectors: value i occupies the bits i·b … i·b + b − 1 of a little-endian bit string, 8 ≤ b ≤ 32. The host moves
// packed bytes in and out through a scratch area in chunks of whole bytes, followed by 32 spare bytes.
//
// Eight values are b whole bytes, taken as two halves of four. In a half, lane l starts at a byte and a shift below 8
// that depend on b alone: a swizzle moves the bytes and a multiplication shifts each lane by its own amount. That works
// when no lane needs more than 32 bits with its shift (see `fits`); the other widths are handled value by value.

/** Where lane `lane` of a half starts, in bits from the half's first byte. In odd widths half 1 starts at half a byte. */
function bitOf(half: u32, lane: u32, bits: u32): u32 {
  return ((4 * half * bits) & 7) + lane * bits;
}

/** Whether each lane, shifted to its place, stays within 32 bits. */
function fits(bits: u32): bool {
  for (let half: u32 = 0; half < 2; half++) {
    for (let lane: u32 = 0; lane < 4; lane++) if ((bitOf(half, lane, bits) & 7) + bits > 32) return false;
  }
  return true;
}

/** For reading: the four bytes of each lane, from its first byte on. */
function gather(half: u32, bits: u32): v128 {
  let bytes = i32x4.splat(0);
  // 0x03020100 + 0x01010101 · first: four indices that follow one another.
  bytes = i32x4.replace_lane(bytes, 0, 0x03020100 + 0x01010101 * (bitOf(half, 0, bits) >> 3));
  bytes = i32x4.replace_lane(bytes, 1, 0x03020100 + 0x01010101 * (bitOf(half, 1, bits) >> 3));
  bytes = i32x4.replace_lane(bytes, 2, 0x03020100 + 0x01010101 * (bitOf(half, 2, bits) >> 3));
  return i32x4.replace_lane(bytes, 3, 0x03020100 + 0x01010101 * (bitOf(half, 3, bits) >> 3));
}

/** The power of two that shifts each lane left by `base`, plus or minus its place within its first byte. */
function shifts(half: u32, bits: u32, base: u32, sign: u32): v128 {
  let factors = i32x4.splat(0);
  factors = i32x4.replace_lane(factors, 0, 1 << (base + sign * (bitOf(half, 0, bits) & 7)));
  factors = i32x4.replace_lane(factors, 1, 1 << (base + sign * (bitOf(half, 1, bits) & 7)));
  factors = i32x4.replace_lane(factors, 2, 1 << (base + sign * (bitOf(half, 2, bits) & 7)));
  return i32x4.replace_lane(factors, 3, 1 << (base + sign * (bitOf(half, 3, bits) & 7)));
}

/**
 * For writing: a table at `table` of which byte of the shifted lanes goes to each byte of the output, 0x80 for none, of
 * lanes `first` and `first + 2` only: two adjacent lanes may share a byte, these never do.
 */
function scatter(table: usize, half: u32, first: u32, bits: u32): v128 {
  v128.store(table, i8x16.splat(-128));
  for (let lane = first; lane < 4; lane += 2) {
    const bit = bitOf(half, lane, bits);
    const last = (bit + bits - 1) >> 3;
    for (let byte = bit >> 3; byte <= last; byte++) store<u8>(table + byte, <u8>(4 * lane + byte - (bit >> 3)));
  }
  return v128.load(table);
}

/** Adds `count` packed values of `bits` bits at `packed` to the words from `target`. */
export function addPacked(packed: usize, target: usize, count: u32, bits: u32): void {
  let i: u32 = 0;
  if (fits(bits)) {
    // Shifted left until its last bit is bit 31 and then right again, a lane loses what belongs to its neighbours.
    const unused = 32 - bits;
    const bytes0 = gather(0, bits);
    const bytes1 = gather(1, bits);
    const up0 = shifts(0, bits, unused, -1);
    const up1 = shifts(1, bits, unused, -1);
    const second = (4 * bits) >> 3;
    for (; i + 8 <= count; i += 8, packed += bits) {
      const address = target + 4 * <usize>i;
      const low = i32x4.shr_u(i32x4.mul(i8x16.swizzle(v128.load(packed), bytes0), up0), unused);
      const high = i32x4.shr_u(i32x4.mul(i8x16.swizzle(v128.load(packed + second), bytes1), up1), unused);
      v128.store(address, i32x4.add(v128.load(address), low));
      v128.store(address, i32x4.add(v128.load(address, 16), high), 16);
    }
  }
  const mask: u64 = ((<u64>1) << bits) - 1;
  for (let bit: usize = 0; i < count; i++, bit += bits) {
    // At most 7 + 32 of the 64 bits are used, wherever the value starts.
    const value = (load<u64>(packed + (bit >> 3)) >> (bit & 7)) & mask;
    const address = target + 4 * <usize>i;
    store<u32>(address, load<u32>(address) + <u32>value);
  }
}

/**
 * Packs `count` words from `source`, each mod 2^bits, to `packed`; up to 32 bytes of garbage are written after the end.
 * @param table 16 bytes of scratch
 */
export function pack(source: usize, packed: usize, count: u32, bits: u32, table: usize): void {
  const mask: u64 = ((<u64>1) << bits) - 1;
  let i: u32 = 0;
  let out = packed;
  if (fits(bits)) {
    const lanes = i32x4.splat(<u32>mask);
    const up0 = shifts(0, bits, 0, 1);
    const up1 = shifts(1, bits, 0, 1);
    const even0 = scatter(table, 0, 0, bits);
    const odd0 = scatter(table, 0, 1, bits);
    const even1 = scatter(table, 1, 0, bits);
    const odd1 = scatter(table, 1, 1, bits);
    const second = (4 * bits) >> 3;
    // In odd widths the first half ends in the byte in which the second begins.
    const shared = i8x16.replace_lane(i8x16.splat(-128), 0, bits & 1 ? <i8>second : -128);
    for (; i + 8 <= count; i += 8, out += bits) {
      const address = source + 4 * <usize>i;
      const a = i32x4.mul(v128.and(v128.load(address), lanes), up0);
      const b = i32x4.mul(v128.and(v128.load(address, 16), lanes), up1);
      const low = v128.or(i8x16.swizzle(a, even0), i8x16.swizzle(a, odd0));
      const high = v128.or(i8x16.swizzle(b, even1), i8x16.swizzle(b, odd1));
      v128.store(out, low);
      v128.store(out + second, v128.or(high, i8x16.swizzle(low, shared)));
    }
  }
  let pending: u64 = 0;
  let pendingBits: u32 = 0;
  for (; i < count; i++) {
    pending |= ((<u64>load<u32>(source + 4 * <usize>i)) & mask) << pendingBits;
    pendingBits += bits;
    if (pendingBits >= 32) {
      store<u32>(out, <u32>pending);
      out += 4;
      pending >>= 32;
      pendingBits -= 32;
    }
  }
  if (pendingBits > 0) store<u32>(out, <u32>pending);
}
