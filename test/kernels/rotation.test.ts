import { describe, expect, test } from 'vitest';
import { ChaChaStream } from '../../protocol/crypto/chacha.ts';
import { rotate, unrotate, walshHadamard } from '../../protocol/kernels/rotation.ts';
import type { KernelName, Signs } from '../../protocol/kernels/types.ts';
import { expectCode, pattern } from '../crypto/helpers.ts';

const kernels: readonly KernelName[] = ['wasm', 'plain'];
const logs = Array.from({ length: 19 }, (_, i) => i);
const signs: Signs = { key: pattern(32), rounds: 12 };

/** n floats in [−1, 1), different for every seed. */
function floats(n: number, seed = 0): Float32Array {
  const values = new Float32Array(n);
  const stream = new ChaChaStream(pattern(32, seed), 12);
  for (let i = 0; i < n; i++) values[i] = stream.nextWord() / 2 ** 31 - 1;
  return values;
}

/** H·v / √n by its definition, in doubles. */
function naive(values: ArrayLike<number>): number[] {
  const n = values.length;
  return Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) {
      let common = i & j;
      let odd = 0;
      for (; common !== 0; common &= common - 1) odd ^= 1;
      sum += odd === 1 ? -values[j]! : values[j]!;
    }
    return sum / Math.sqrt(n);
  });
}

/** The sign of value i: bit i of the stream as a little-endian bit string. */
function signOf({ key, rounds }: Signs, n: number): number[] {
  const words = new ChaChaStream(key, rounds).words(Math.ceil(n / 32));
  return Array.from({ length: n }, (_, i) => (((words[i >> 5]! >>> (i & 31)) & 1) === 1 ? -1 : 1));
}

const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** Greatest distance of two vectors, in the units of their coordinates. */
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe.each(kernels)('%s', (kernel) => {
  test.each(logs.slice(0, 11))('equals the definition: 2^%i values', (log) => {
    const n = 2 ** log;
    const values = floats(n);
    walshHadamard(values, { kernel });
    expect(distance(values, naive(floats(n)))).toBeLessThan(2e-6);

    const d = signOf(signs, n);
    const rotated = floats(n);
    rotate(rotated, signs, { kernel });
    expect(distance(rotated, naive(floats(n).map((value, i) => d[i]! * value)))).toBeLessThan(2e-6);

    const unrotated = floats(n);
    unrotate(unrotated, signs, { kernel });
    const expected = naive(floats(n)).map((value, i) => d[i]! * value);
    expect(distance(unrotated, expected)).toBeLessThan(2e-6);
  });

  test('is exact for small integers at even powers', () => {
    for (const log of [2, 4, 8, 16, 18]) {
      const n = 2 ** log;
      const values = floats(n).map((value) => Math.round(value * 8) * n ** 0.5);
      const before = values.slice();
      rotate(values, signs, { kernel });
      for (const value of values.subarray(0, 100)) expect(Number.isInteger(value)).toBe(true);
      unrotate(values, signs, { kernel });
      expect(distance(values, before)).toBe(0);
    }
  });

  test.each(logs)('keeps norms, and unrotate inverts rotate: 2^%i values', (log) => {
    const n = 2 ** log;
    for (const rounds of [12, 20] as const) {
      const used = { key: pattern(32, log), rounds };
      const values = floats(n, log);
      rotate(values, used, { kernel });
      expect(norm(values) / norm(floats(n, log))).toBeCloseTo(1, 5);
      unrotate(values, used, { kernel });
      expect(distance(values, floats(n, log))).toBeLessThan(1e-5);
    }
  });

  test('is orthonormal: unit vectors become rows of ±1/√n, orthogonal to each other', () => {
    const n = 64;
    const rows = Array.from({ length: n }, (_, i) => {
      const unit = new Float32Array(n);
      unit[i] = 1;
      rotate(unit, signs, { kernel });
      for (const value of unit) expect(Math.abs(value)).toBe(1 / 8);
      return unit;
    });
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        expect(rows[i]!.reduce((sum, value, k) => sum + value * rows[j]![k]!, 0)).toBe(i === j ? 1 : 0);
      }
    }
  });

  test('walshHadamard is its own inverse', () => {
    for (const log of [0, 1, 3, 5, 12, 13, 14, 17]) {
      const values = floats(2 ** log);
      walshHadamard(values, { kernel });
      walshHadamard(values, { kernel });
      expect(distance(values, floats(2 ** log))).toBeLessThan(1e-5);
    }
  });

  test('spreads one large value over all coordinates, and other keys give other rotations', () => {
    const peak = (): Float32Array => {
      const values = new Float32Array(1024);
      values[77] = 32;
      values[3] = 16;
      return values;
    };
    const [a, b] = [signs, { ...signs, key: pattern(32, 1) }].map((used) => {
      const values = peak();
      rotate(values, used, { kernel });
      return values;
    });
    for (const value of a!) expect(Math.abs(value)).toBeLessThanOrEqual(1.5);
    // Two keys agree on both signs with probability 1/4; these two do not.
    expect(a).not.toEqual(b);
  });

  test('signs of both kinds come equally often', () => {
    // Hoeffding: off by more than 2 % of 2^18 with probability below 10^−90.
    const n = 2 ** 18;
    const values = new Float32Array(n).fill(1);
    unrotate(values, signs, { kernel }); // H·1 is one peak: only value 0 is not zero, and zeros keep their sign bit
    const negative = new Uint32Array(values.buffer).reduce((count, word) => count + (word >>> 31), 0);
    expect(Math.abs(negative / n - 0.5)).toBeLessThan(0.02);
  });

  test('refuses other lengths and keys, and leaves the values alone', () => {
    for (const length of [0, 3, 5, 6, 7, 9, 100, 65_535]) {
      const values = floats(length);
      expectCode('wire-bounds', () => walshHadamard(values, { kernel }));
      expectCode('wire-bounds', () => rotate(values, signs, { kernel }));
      expectCode('wire-bounds', () => unrotate(values, signs, { kernel }));
      expect(values).toEqual(floats(length));
    }
    for (const length of [0, 31, 33]) {
      expectCode('key-invalid', () => rotate(floats(4), { ...signs, key: new Uint8Array(length) }, { kernel }));
      expectCode('key-invalid', () => unrotate(floats(4), { ...signs, key: new Uint8Array(length) }, { kernel }));
    }
  });
});

describe('twins', () => {
  const bitsOf = (values: Float32Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

  // 2^16 values are one block of the wasm workspace; 2^18 take one pass over distant pieces.
  test.each([...logs, 20])('have the same bits: 2^%i values', (log) => {
    const n = 2 ** log;
    for (const change of [
      (values: Float32Array, kernel: KernelName) => walshHadamard(values, { kernel }),
      (values: Float32Array, kernel: KernelName) => rotate(values, signs, { kernel }),
      (values: Float32Array, kernel: KernelName) => unrotate(values, { ...signs, rounds: 20 }, { kernel }),
    ]) {
      const [a, b] = kernels.map((kernel) => {
        // Of very different sizes, so that sums in another order would differ.
        const values = floats(n, log).map((value, i) => value * 2 ** ((i * 7) % 23));
        change(values, kernel);
        return values;
      });
      expect(bitsOf(a!).equals(bitsOf(b!))).toBe(true);
    }
  });

  test('have the same bits beyond a pass of 2^8 pieces', () => {
    const n = 2 ** 25; // 512 pieces of a block each
    const [a, b] = kernels.map((kernel) => {
      const values = new Float32Array(n);
      for (let i = 0; i < n; i++) values[i] = ((i * 2_654_435_761) % 1000) - 500.3;
      rotate(values, signs, { kernel });
      return values;
    });
    expect(bitsOf(a!).equals(bitsOf(b!))).toBe(true);
  });

  test('take views at any offset, and touch nothing beside them', () => {
    for (const kernel of kernels) {
      const whole = new Float32Array(100).fill(7);
      const view = whole.subarray(5, 69);
      view.set(floats(64));
      rotate(view, signs, { kernel });
      const alone = floats(64);
      rotate(alone, signs, { kernel });
      expect(view).toEqual(alone);
      expect([...whole.subarray(0, 5), ...whole.subarray(69)]).toEqual(Array(36).fill(7));
    }
  });
});
