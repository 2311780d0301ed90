import { add, mul, reduce, rootOfUnity, sub } from './field.ts';

/** Powers ω^0 … ω^(m/2 − 1) of the root of unity of each size: public, small, and the same for every sharing. */
const tables = new Map<number, Float64Array>();

function twiddles(size: number): Float64Array {
  const known = tables.get(size);
  if (known !== undefined) return known;
  const root = rootOfUnity(size);
  const powers = new Float64Array(Math.max(1, size / 2));
  powers[0] = 1;
  for (let i = 1; i < powers.length; i++) powers[i] = mul(powers[i - 1]!, root);
  tables.set(size, powers);
  return powers;
}

function reverseBits(values: Float64Array): void {
  const size = values.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >>> 1;
    for (; (j & bit) !== 0; bit >>>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      const held = values[i]!;
      values[i] = values[j]!;
      values[j] = held;
    }
  }
}

/**
 * The number-theoretic transform, in place: coefficients c_0 … c_(m−1) become the values Σ c_j ω^(s·j) for s = 0 … m − 1,
 * in natural order. Cooley–Tukey, decimation in time: m/2 · log2(m) products.
 * @param values field elements; their number m is a power of two up to 2^21
 * @throws CairnError `settings-invalid` for another length
 */
export function ntt(values: Float64Array): void {
  const size = values.length;
  const powers = twiddles(size);
  reverseBits(values);
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let start = 0; start < size; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const low = start + k;
        const high = low + half;
        const even = values[low]!;
        const odd = reduce(values[high]! * powers[k * stride]!);
        values[low] = add(even, odd);
        values[high] = sub(even, odd);
      }
    }
  }
}
