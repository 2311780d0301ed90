// Element indices to byte addresses: the host counts in 32-bit elements, memory counts in bytes.

/** Byte address of element `index`. */
export function address(index: u32): usize {
  return (<usize>index) << 2;
}

/** Zeroes `n` elements from byte address `at`. */
export function zero(at: usize, n: i32): void {
  memory.fill(at, 0, (<usize>n) << 2);
}

/** Copies `n` elements; runs here are usually short, and calling memory.copy would cost more. */
export function copy(to: usize, from: usize, n: i32): void {
  if (n >= 4) {
    const last = (<usize>(n - 4)) << 2;
    let i: usize = 0;
    while (i < last) {
      v128.store(to + i, v128.load(from + i));
      i += 16;
    }
    // The last four overlap the previous ones, which is cheaper than a loop over the rest.
    v128.store(to + last, v128.load(from + last));
  } else {
    for (let i = 0; i < n; i++) store<f32>(to + ((<usize>i) << 2), load<f32>(from + ((<usize>i) << 2)));
  }
}
