// Addition of vectors of 32-bit words.

/** Adds `count` words at `source` to those at `target`; the host pads both to whole groups of four. */
export function addWords(source: usize, target: usize, count: u32): void {
  const end = target + 4 * <usize>count;
  for (; target < end; target += 16, source += 16) {
    v128.store(target, i32x4.add(v128.load(target), v128.load(source)));
  }
}
