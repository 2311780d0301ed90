import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ChaChaStream } from '../../protocol/crypto/chacha.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import type { KernelName, Quantization } from '../../protocol/kernels/types.ts';
import { dequantize, quantize, quantizeFew } from '../../protocol/kernels/index.ts';
import { expectCode, pattern } from '../crypto/helpers.ts';

const kernels: readonly KernelName[] = ['wasm', 'plain'];
const lengths = [0, 1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 127, 128, 129, 1000, 65_535, 65_536, 65_537, 131_075];

const usual: Quantization = { scale: 1000, levels: 32_767, bits: 24, key: pattern(32), rounds: 12 };

/** Floats of many sizes and both signs, different for every n. */
function floats(length: number, n = 0): Float32Array {
  const words = new ChaChaStream(pattern(32, n), 12).words(length);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = (words[i]! / 2 ** 31 - 1) * 2 ** ((words[i]! % 40) - 30);
  return values;
}

/** Expects the same bits: as toEqual, but quick for long arrays, and telling zeros and NaNs apart. */
function expectSame(a: Uint32Array | Float32Array, b: Uint32Array | Float32Array): void {
  const [first, second] = [a, b].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  expect(first!.equals(second!)).toBe(true);
}

function quantized(values: Float32Array, quantization: Quantization, kernel?: KernelName): Uint32Array {
  const into = new Uint32Array(values.length).fill(0xdead_beef);
  quantize(values, into, quantization, kernel === undefined ? {} : { kernel });
  return into;
}

const signed = (word: number, bits: number): number => (word << (32 - bits)) >> (32 - bits);

describe.each(kernels)('quantize, %s', (kernel) => {
  test.each(lengths)('is the rounding that the documentation states: %i values', (length) => {
    for (const rounds of [12, 20] as const) {
      const values = floats(length);
      const key = pattern(32, length);
      const words = new ChaChaStream(key, rounds).words(length);
      const expected = Uint32Array.from(values, (value, i) => {
        const x = Math.max(-32_767, Math.min(32_767, value * 1000));
        const whole = Math.floor(x);
        return (whole + (words[i]! < (x - whole) * 2 ** 32 ? 1 : 0)) & 0xff_ffff;
      });
      expectSame(quantized(values, { ...usual, key, rounds }, kernel), expected);
      expectSame(values, floats(length));
    }
  });

  test('integers stay, and the bound is never left, in every width', () => {
    for (let inputBits = 2; inputBits <= 31; inputBits++) {
      const levels = 2 ** (inputBits - 1) - 1;
      const bits = Math.max(8, inputBits);
      const whole = [0, 1, levels, Math.floor(levels / 3)].map((value) => Math.fround(value));
      const inside = Float32Array.from(whole.filter((value) => value <= levels).flatMap((value) => [value, -value]));
      const back = [...quantized(inside, { ...usual, scale: 1, levels, bits }, kernel)].map((word) =>
        signed(word, bits),
      );
      expect(back).toEqual([...inside].map((value) => value + 0));
      const outside = Float32Array.of(3e38, -3e38, Infinity, -Infinity, levels + 2, -levels - 2, NaN);
      const cut = [...quantized(outside, { ...usual, scale: 2, levels, bits }, kernel)].map((word) =>
        signed(word, bits),
      );
      expect(cut).toEqual([levels, -levels, levels, -levels, levels, -levels, levels]);
    }
  });

  test('a NaN counts as the bound whatever its payload', () => {
    const values = new Float32Array(Uint32Array.of(0x7fc0_0001, 0xffff_ffff, 0x7f80_0007, 0xffc0_0000).buffer);
    expect([...quantized(values, usual, kernel)]).toEqual([32_767, 32_767, 32_767, 32_767]);
  });

  test('decides about fractions to 2^−32', () => {
    // Value i has its own word's fraction exactly, which does not round up, or half a step more, which does.
    const words = new ChaChaStream(usual.key, 12).words(64);
    for (const [more, up] of [
      [0, 0],
      [2 ** -33, 1],
    ]) {
      for (const [i, word] of words.entries()) {
        const values = new Float32Array(64).fill(1);
        const scale = 5 + word / 2 ** 32 + more!;
        expect(quantized(values, { ...usual, scale }, kernel)[i]).toBe(5 + up!);
        expect(signed(quantized(values, { ...usual, scale: scale - 11 }, kernel)[i]!, 24)).toBe(-6 + up!);
      }
    }
  });

  test('is unbiased at any width', () => {
    // Hoeffding: the mean of 200 000 roundings is off by more than 0.0075 with probability at most 4 · 10^−10 each.
    const values = new Float32Array(200_000).fill(1);
    for (const x of [0.1, -0.1, 12.5, -7.93, 2 ** 29 + 0.3]) {
      const q = { ...usual, key: systemRandom(32), scale: x, levels: 2 ** 30 - 1, bits: 32 };
      let total = 0;
      for (const word of quantized(values, q, kernel)) total += (word | 0) - Math.floor(x);
      expect(Math.abs(total / values.length - (x - Math.floor(x)))).toBeLessThan(0.0075);
    }
  });

  test('dequantize reads two’s complement, at every width', () => {
    for (let bits = 8; bits <= 32; bits++) {
      for (const length of [0, 1, 3, 4, 5, 1000]) {
        const words = new ChaChaStream(pattern(32, bits), 12).words(length);
        const into = new Float32Array(length);
        dequantize(words, into, { bits, scale: 1 / 3 }, { kernel });
        expect(into).toEqual(Float32Array.from(words, (word) => signed(word, bits) * (1 / 3)));
      }
    }
  });

  test('dequantize undoes quantize within one level', () => {
    const values = floats(70_001).map((value) => value % 30);
    const back = new Float32Array(values.length);
    dequantize(quantized(values, usual, kernel), back, { bits: 24, scale: 1e-3 }, { kernel });
    const off = values.reduce((most, value, i) => Math.max(most, Math.abs(back[i]! - value)), 0);
    expect(off).toBeLessThan(0.001_002);
  });

  test('refuses what it cannot do, and leaves the output alone', () => {
    const values = floats(4);
    const into = new Uint32Array(4).fill(7);
    const attempt = (change: Partial<Quantization>) => () =>
      quantize(values, into, { ...usual, ...change }, { kernel });
    for (const scale of [NaN, Infinity, -Infinity]) expectCode('internal', attempt({ scale }));
    for (const levels of [0, -1, 1.5, 2 ** 31, NaN]) expectCode('internal', attempt({ levels }));
    for (const bits of [7, 33, 8.5]) expectCode('wire-bounds', attempt({ bits }));
    for (const length of [0, 31, 33]) expectCode('key-invalid', attempt({ key: new Uint8Array(length) }));
    for (const length of [3, 5]) {
      expectCode('wire-bounds', () => quantize(values, new Uint32Array(length), usual, { kernel }));
      expectCode('wire-bounds', () => dequantize(into, new Float32Array(length), { bits: 8, scale: 1 }, { kernel }));
    }
    expectCode('wire-bounds', () => dequantize(into, values, { bits: 7, scale: 1 }, { kernel }));
    expectCode('internal', () => dequantize(into, values, { bits: 8, scale: NaN }, { kernel }));
    expect(into).toEqual(new Uint32Array(4).fill(7));
    expect(values).toEqual(floats(4));
  });
});

describe('twins', () => {
  test('quantize and dequantize give the same bits', () => {
    const any = fc.record({
      values: fc.oneof(
        fc.float32Array({ maxLength: 200 }),
        fc.tuple(fc.nat(3000), fc.nat(255)).map(([length, n]) => floats(length, n)),
      ),
      scale: fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      ),
      levels: fc.oneof(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.constantFrom(1, 127, 32_767, 2 ** 30 - 1)),
      bits: fc.integer({ min: 8, max: 32 }),
      n: fc.nat(255),
      rounds: fc.constantFrom(12 as const, 20 as const),
    });
    fc.assert(
      fc.property(any, ({ values, scale, levels, bits, n, rounds }) => {
        const q = { scale, levels, bits, key: pattern(32, n), rounds };
        const [a, b] = kernels.map((kernel) => quantized(values, q, kernel));
        expectSame(a!, b!);
        const [x, y] = kernels.map((kernel) => {
          const back = new Float32Array(a!.length);
          dequantize(a!, back, { bits, scale }, { kernel });
          return back;
        });
        expectSame(x!, y!);
      }),
      { numRuns: 200 },
    );
  });

  test('stay equal beyond 2^16 blocks of the stream', () => {
    const values = floats(2 ** 20 + 70);
    expectSame(quantized(values, usual, 'wasm'), quantized(values, usual, 'plain'));
  });

  test('views at any offset, and quantizing in place', () => {
    const values = floats(1003);
    const expected = quantized(values, usual, 'plain');
    for (const kernel of kernels) {
      const buffer = new ArrayBuffer(4 * 1010);
      const shifted = new Float32Array(buffer, 12, 1003);
      shifted.set(values);
      const into = new Uint32Array(buffer, 12, 1003);
      quantize(shifted, into, usual, { kernel });
      expect(into).toEqual(expected);
      expect([...new Uint32Array(buffer, 0, 3), ...new Uint32Array(buffer, 4024)]).toEqual(Array(7).fill(0));
    }
  });
});

describe('quantizeFew', () => {
  test('continues the stream anywhere', () => {
    const words = new ChaChaStream(usual.key, 12).words(60);
    for (const first of [0, 1, 13, 14, 15, 16, 17, 31, 32, 40]) {
      const into = new Uint32Array(3);
      const numbers = [0.5, -3.25, 1e9];
      quantizeFew(numbers, into, usual, first);
      const up = (i: number, fraction: number): number => (words[first + i]! < fraction * 2 ** 32 ? 1 : 0);
      expect([...into].map((word) => signed(word, 24))).toEqual([up(0, 0.5), -4 + up(1, 0.75), 32_767]);
    }
  });

  test('gives what quantize gives for the same numbers', () => {
    const values = floats(50);
    const into = new Uint32Array(50);
    const scaled = [...values].map((value) => value * usual.scale);
    quantizeFew(scaled.slice(0, 20), into.subarray(0, 20), usual, 0);
    quantizeFew(scaled.slice(20), into.subarray(20), usual, 20);
    expect(into).toEqual(quantized(values, usual));
  });

  test('refuses as quantize does', () => {
    expectCode('wire-bounds', () => quantizeFew([1], new Uint32Array(2), usual, 0));
    expectCode('internal', () => quantizeFew([1], new Uint32Array(1), { ...usual, levels: 0 }, 0));
    expectCode('key-invalid', () => quantizeFew([1], new Uint32Array(1), { ...usual, key: pattern(31) }, 0));
  });
});

describe('default kernel', () => {
  afterEach(() => vi.restoreAllMocks());

  test('is refused if SIMD is missing; plain gives the same bits, by name', () => {
    const expected = quantized(floats(100), usual);
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    expectCode('simd-missing', () => quantized(floats(100), usual));
    expect(quantized(floats(100), usual, 'plain')).toEqual(expected);
  });

  test('plain serves where there is no memory, unless wasm was asked for', async () => {
    vi.resetModules();
    const fresh = await import('../../protocol/kernels/index.ts');
    vi.spyOn(WebAssembly, 'Memory').mockImplementation(function refuse() {
      throw new RangeError('could not allocate memory');
    });
    const into = new Uint32Array(100);
    fresh.quantize(floats(100), into, usual);
    expect(into).toEqual(quantized(floats(100), usual));
    expect(() => fresh.quantize(floats(100), into, usual, { kernel: 'wasm' })).toThrow(RangeError);
  });
});
