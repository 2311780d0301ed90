/*
 * Exponential functions built only from additions, multiplications and divisions of doubles, which every engine rounds
 * the same way. Math.exp and its kin may differ in the last bit from one engine to another: of 2 000 steps of an
 * adaptive clip, 50 differed between Node, Bun, Deno and Chromium. Two honest clients with the same data and seed would
 * then train different models, and a client and its coordinator would round by different scales. eslint.config.mjs
 * forbids the engine's own functions wherever results must agree.
 */

const LN2_HIGH = 0.69314718036912381649; // the upper 32 bits of ln 2, so that k·LN2_HIGH is exact
const LN2_LOW = 1.90821492927058770002e-10;
const LOG2_E = 1.4426950408889634;

// 2^k for k = −1074 … 1023, each by exact halving or doubling.
const powers = new Float64Array(2098);
powers[1074] = 1;
for (let i = 1075; i < powers.length; i++) powers[i] = powers[i - 1]! * 2;
for (let i = 1073; i >= 0; i--) powers[i] = powers[i + 1]! / 2;

/** e^x to within 1e-15 relatively; 0 below −745, Infinity above 709.78, NaN for NaN. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.78) return Infinity;
  if (x < -745) return 0;
  const k = Math.floor(x * LOG2_E + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  // Taylor's series on |r| ≤ 0.347: the first term left out is below 5e-18.
  let sum = 1 / 6227020800;
  sum = sum * r + 1 / 479001600;
  sum = sum * r + 1 / 39916800;
  sum = sum * r + 1 / 3628800;
  sum = sum * r + 1 / 362880;
  sum = sum * r + 1 / 40320;
  sum = sum * r + 1 / 5040;
  sum = sum * r + 1 / 720;
  sum = sum * r + 1 / 120;
  sum = sum * r + 1 / 24;
  sum = sum * r + 1 / 6;
  sum = sum * r + 0.5;
  sum = sum * r + 1;
  sum = sum * r + 1;
  // 2^1024 is not a double, but e^x may be one.
  return k > 1023 ? sum * powers[2097]! * 2 : sum * powers[k + 1074]!;
}

const bits = new DataView(new ArrayBuffer(8));

/** ln x to within 1e-15 relatively; −Infinity for 0, NaN below 0. */
export function log(x: number): number {
  if (x === 0) return -Infinity;
  if (!(x > 0) || x === Infinity) return x > 0 ? x : NaN;
  let k = 0;
  let m = x;
  if (m < powers[52]!) {
    // Denormal numbers are made normal first.
    m *= powers[1074 + 54]!;
    k = -54;
  }
  bits.setFloat64(0, m);
  const high = bits.getUint32(0);
  k += (high >>> 20) - 1023;
  bits.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  m = bits.getFloat64(0);
  if (m > Math.SQRT2) {
    m /= 2;
    k++;
  }
  // ln m = 2 artanh s, |s| ≤ 0.1716: the first term left out is below 1e-18.
  const s = (m - 1) / (m + 1);
  const q = s * s;
  let sum = 1 / 23;
  for (let odd = 21; odd >= 1; odd -= 2) sum = sum * q + 1 / odd;
  return k * LN2_HIGH + (2 * s * sum + k * LN2_LOW);
}

/** ⌊log2 x⌋ for a normal double x > 0, exactly: it is the exponent in the number's own bits. */
export function floorLog2(x: number): number {
  bits.setFloat64(0, x);
  return ((bits.getUint32(0) >>> 20) & 0x7ff) - 1023;
}

/** 1 / (1 + e^−x), without overflow. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

/** The hyperbolic tangent, to within 1e-12 relatively. */
export function tanh(x: number): number {
  const size = Math.abs(x);
  if (size < 1e-3) {
    const q = x * x;
    return x * (1 - q * (1 / 3 - q * (2 / 15)));
  }
  const e = exp(-2 * size);
  const value = (1 - e) / (1 + e);
  return x < 0 ? -value : value;
}

/** ln(1 + e^x), without overflow. */
export function softplus(x: number): number {
  return (x > 0 ? x : 0) + log(1 + exp(-Math.abs(x)));
}
