import { addStream } from './stream';

// Floats to integers and back. All arithmetic is in doubles, so that the twin, in which every number is a double, gives
// the same bits; ../plain/quantize.ts says what is computed.

/** 1.5 · 2^52: the low word of this plus an integer below 2^31 is that number in two's complement. */
const WHOLE: f64 = 6755399441055744;

/** The high word of 2^20, whose last bit is worth 2^−32: with a low word r the double is 2^20 + r / 2^32. */
const HIGH: i32 = 0x41300000;
const OFFSET: f64 = 1048576;

/** `values` · scale, clamped to ±bound. NaN becomes the bound. */
function scaled(values: v128, scale: v128, bound: v128, lower: v128): v128 {
  return f64x2.pmax(lower, f64x2.pmin(bound, f64x2.mul(values, scale)));
}

/**
 * Quantizes `count` floats at `data` in place, the word i of the stream rounding float i. The host pads the data to
 * whole groups of 64.
 * @param stream prepared by prepareStream
 * @param counter number of the stream's first block
 * @param random 256 zero bytes of scratch, zero again afterwards
 * @param bound L, an integer: results are in [−L, L] before `mask`, 2^b − 1, cuts them
 */
export function quantize(
  stream: usize,
  counter: u32,
  random: usize,
  data: usize,
  count: u32,
  rounds: i32,
  scale: f64,
  bound: f64,
  mask: u32,
): void {
  const factor = f64x2.splat(scale);
  const top = f64x2.splat(bound);
  const lower = f64x2.splat(-bound);
  const whole = f64x2.splat(WHOLE);
  const offset = f64x2.splat(OFFSET);
  const high = i32x4.splat(HIGH);
  const modulus = i32x4.splat(mask);
  const zero = i32x4.splat(0);
  const end = data + 4 * <usize>count;
  for (; data < end; counter += 4) {
    addStream(stream, counter, random, 1, rounds);
    for (let i: usize = 0; i < 256; i += 16, data += 16) {
      const floats = v128.load(data);
      const words = v128.load(random + i);
      v128.store(random + i, zero);
      const a = scaled(f64x2.promote_low_f32x4(floats), factor, top, lower);
      const b = scaled(f64x2.promote_low_f32x4(i32x4.shuffle(floats, floats, 2, 3, 2, 3)), factor, top, lower);
      const floorA = f64x2.floor(a);
      const floorB = f64x2.floor(b);
      // r / 2^32 < fraction: all bits set where the value is rounded up.
      const upA = f64x2.lt(f64x2.sub(i32x4.shuffle(words, high, 0, 4, 1, 5), offset), f64x2.sub(a, floorA));
      const upB = f64x2.lt(f64x2.sub(i32x4.shuffle(words, high, 2, 6, 3, 7), offset), f64x2.sub(b, floorB));
      const floors = i32x4.shuffle(f64x2.add(floorA, whole), f64x2.add(floorB, whole), 0, 2, 4, 6);
      const result = i32x4.sub(floors, i32x4.shuffle(upA, upB, 0, 2, 4, 6));
      v128.store(data, v128.and(result, modulus));
    }
  }
}

/**
 * Turns `count` words at `data` into floats in place: two's complement of the low 32 − unused bits, times `scale`,
 * rounded once. The host pads the data to whole groups of four.
 */
export function dequantize(data: usize, count: u32, unused: i32, scale: f64): void {
  const factor = f64x2.splat(scale);
  const end = data + 4 * <usize>count;
  for (; data < end; data += 16) {
    const numbers = i32x4.shr_s(i32x4.shl(v128.load(data), unused), unused);
    const low = f64x2.mul(f64x2.convert_low_i32x4_s(numbers), factor);
    const high = f64x2.mul(f64x2.convert_low_i32x4_s(i32x4.shuffle(numbers, numbers, 2, 3, 2, 3)), factor);
    v128.store(data, i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5));
  }
}
