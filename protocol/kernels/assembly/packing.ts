// Packed vectors: value i occupies the bits i·b … i·b + b − 1 of a little-endian bit string, 8 ≤ b ≤ 32. The host moves
// packed bytes in and out through a scratch area in chunks of whole bytes, with eight spare bytes behind it.

/** Adds `count` packed values of `bits` bits at `packed` to the words from `target`. */
export function addPacked(packed: usize, target: usize, count: u32, bits: u32): void {
  const mask: u64 = ((<u64>1) << bits) - 1;
  let bit: usize = 0;
  for (let i: u32 = 0; i < count; i++, bit += bits) {
    // At most 7 + 32 of the 64 bits are of use, wherever the value starts.
    const value = (load<u64>(packed + (bit >> 3)) >> (bit & 7)) & mask;
    const address = target + 4 * <usize>i;
    store<u32>(address, load<u32>(address) + <u32>value);
  }
}

/** Packs `count` words from `source`, each mod 2^bits, to `packed`; up to three zero bytes are written behind the end. */
export function pack(source: usize, packed: usize, count: u32, bits: u32): void {
  const mask: u64 = ((<u64>1) << bits) - 1;
  let pending: u64 = 0;
  let pendingBits: u32 = 0;
  let out = packed;
  for (let i: u32 = 0; i < count; i++) {
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
