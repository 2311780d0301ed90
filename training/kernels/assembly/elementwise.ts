// Loops over vectors: four lanes, then the rest one by one. Lanes are independent, so the order of work does not affect
// the result.
import { address } from './memory';

/** See `Kernels.add`. */
export function add(a: u32, b: u32, out: u32, n: i32): void {
  let x = address(a),
    y = address(b),
    to = address(out);
  for (; n >= 4; n -= 4) {
    v128.store(to, f32x4.add(v128.load(x), v128.load(y)));
    x += 16;
    y += 16;
    to += 16;
  }
  for (; n > 0; n--) {
    store<f32>(to, load<f32>(x) + load<f32>(y));
    x += 4;
    y += 4;
    to += 4;
  }
}

/** See `Kernels.sub`. */
export function sub(a: u32, b: u32, out: u32, n: i32): void {
  let x = address(a),
    y = address(b),
    to = address(out);
  for (; n >= 4; n -= 4) {
    v128.store(to, f32x4.sub(v128.load(x), v128.load(y)));
    x += 16;
    y += 16;
    to += 16;
  }
  for (; n > 0; n--) {
    store<f32>(to, load<f32>(x) - load<f32>(y));
    x += 4;
    y += 4;
    to += 4;
  }
}

/** See `Kernels.mul`. */
export function mul(a: u32, b: u32, out: u32, n: i32): void {
  let x = address(a),
    y = address(b),
    to = address(out);
  for (; n >= 4; n -= 4) {
    v128.store(to, f32x4.mul(v128.load(x), v128.load(y)));
    x += 16;
    y += 16;
    to += 16;
  }
  for (; n > 0; n--) {
    store<f32>(to, load<f32>(x) * load<f32>(y));
    x += 4;
    y += 4;
    to += 4;
  }
}

/** See `Kernels.div`. */
export function div(a: u32, b: u32, out: u32, n: i32): void {
  let x = address(a),
    y = address(b),
    to = address(out);
  for (; n >= 4; n -= 4) {
    v128.store(to, f32x4.div(v128.load(x), v128.load(y)));
    x += 16;
    y += 16;
    to += 16;
  }
  for (; n > 0; n--) {
    store<f32>(to, load<f32>(x) / load<f32>(y));
    x += 4;
    y += 4;
    to += 4;
  }
}

/** See `Kernels.scale`. */
export function scale(factor: f32, x: u32, out: u32, n: i32): void {
  const factors = f32x4.splat(factor);
  let from = address(x),
    to = address(out);
  for (; n >= 4; n -= 4) {
    v128.store(to, f32x4.mul(v128.load(from), factors));
    from += 16;
    to += 16;
  }
  for (; n > 0; n--) {
    store<f32>(to, load<f32>(from) * factor);
    from += 4;
    to += 4;
  }
}

/** See `Kernels.gate`. */
export function gate(g: u32, x: u32, slope: f32, out: u32, n: i32): void {
  const slopes = f32x4.splat(slope),
    none = f32x4.splat(0);
  let from = address(g),
    by = address(x),
    to = address(out);
  for (; n >= 4; n -= 4) {
    const value = v128.load(from);
    v128.store(to, v128.bitselect(value, f32x4.mul(value, slopes), f32x4.gt(v128.load(by), none)));
    from += 16;
    by += 16;
    to += 16;
  }
  for (; n > 0; n--) {
    const value = load<f32>(from);
    store<f32>(to, load<f32>(by) > 0 ? value : value * slope);
    from += 4;
    by += 4;
    to += 4;
  }
}

/** See `Kernels.repeat`. */
export function repeat(x: u32, outer: i32, times: i32, inner: i32, out: u32): void {
  let from = address(x),
    to = address(out);
  const bytes = (<usize>inner) << 2;
  for (let o = 0; o < outer; o++) {
    if (inner === 1) {
      const value = load<f32>(from);
      const values = f32x4.splat(value);
      let left = times;
      for (; left >= 4; left -= 4) {
        v128.store(to, values);
        to += 16;
      }
      for (; left > 0; left--) {
        store<f32>(to, value);
        to += 4;
      }
    } else {
      for (let t = 0; t < times; t++) {
        memory.copy(to, from, bytes);
        to += bytes;
      }
    }
    from += bytes;
  }
}
