import { chacha12, chacha20 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ChaChaStream } from '../../protocol/crypto/chacha.ts';
import type { MaskVector } from '../../protocol/kernels/index.ts';
import type { KernelName } from '../../protocol/kernels/types.ts';
import { createMaskVector, packedLength } from '../../protocol/kernels/index.ts';
import { expectCode, pattern } from '../crypto/helpers.ts';

const kernels: readonly KernelName[] = ['wasm', 'plain'];
const lengths = [0, 1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129, 255, 257, 1023, 1024, 1025, 8191, 8192, 8193, 20_011];
const allBits = Array.from({ length: 25 }, (_, i) => i + 8);

/** Values over all 32 bits, different for every n. */
function values(length: number, n = 0): Uint32Array {
  return new ChaChaStream(pattern(32, n), 12).words(length);
}

function filled(length: number, kernel: KernelName, n = 0): MaskVector {
  const vector = createMaskVector(length, { kernel });
  vector.addValues(values(length, n));
  return vector;
}

/** A packing that shares no code with the kernels: one BigInt. */
function referencePacked(words: Uint32Array, bits: number): Uint8Array {
  let text = '';
  for (const word of words) text = (word % 2 ** bits).toString(2).padStart(bits, '0') + text;
  const bytes = new Uint8Array(Math.ceil((words.length * bits) / 8));
  text = text.padStart(bytes.length * 8, '0');
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(text.slice(text.length - 8 * (i + 1), text.length - 8 * i), 2);
  }
  return bytes;
}

describe('default kernel', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  test('is wasm here', () => {
    expect(createMaskVector(3).kernel).toBe('wasm');
  });

  test('is refused if SIMD does not validate, or WebAssembly is missing, unless plain was asked for', () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    expectCode('simd-missing', () => createMaskVector(3));
    vi.restoreAllMocks();
    vi.stubGlobal('WebAssembly', undefined);
    expectCode('simd-missing', () => createMaskVector(3));
    expect(createMaskVector(3, { kernel: 'plain' }).kernel).toBe('plain');
  });

  test('is plain for a while when the engine has no memory left, but an explicit wish is not bent', async () => {
    vi.resetModules();
    const fresh = await import('../../protocol/kernels/index.ts');
    const memory = vi.spyOn(WebAssembly, 'Memory').mockImplementation(function refuse() {
      throw new RangeError('could not allocate memory');
    });
    expect(fresh.createMaskVector(3).kernel).toBe('plain');
    expect(fresh.createMaskVector(3).kernel).toBe('plain');
    expect(memory).toHaveBeenCalledTimes(1); // asking again for each vector would stall the process
    expect(() => fresh.createMaskVector(3, { kernel: 'wasm' })).toThrow(RangeError);
  });
});

describe.each(kernels)('%s', (kernel) => {
  test.each(lengths)('starts as zeros: %i words', (length) => {
    const vector = createMaskVector(length, { kernel });
    expect(vector.length).toBe(length);
    expect(vector.kernel).toBe(kernel);
    expect(vector.toValues(32)).toEqual(new Uint32Array(length));
  });

  test.each(lengths)('expand and add, and subtract, equal noble: %i words', (length) => {
    for (const [rounds, noble] of [
      [12, chacha12],
      [20, chacha20],
    ] as const) {
      const key = pattern(32, length + rounds);
      const stream = noble(key, new Uint8Array(12), new Uint8Array(4 * length));
      const mask = new Uint32Array(stream.buffer, stream.byteOffset, length);
      for (const sign of [1, -1] as const) {
        const vector = filled(length, kernel);
        vector.addMask(key, sign, rounds);
        expect(vector.toValues(32)).toEqual(values(length).map((value, i) => value + sign * mask[i]!));
      }
    }
  });

  test.each(lengths)('adding then subtracting gives zero again: %i words', (length) => {
    const vector = createMaskVector(length, { kernel });
    for (const [n, rounds] of [
      [1, 12],
      [2, 20],
      [3, 12],
    ] as const)
      vector.addMask(pattern(32, n), 1, rounds);
    for (const [n, rounds] of [
      [3, 12],
      [1, 12],
      [2, 20],
    ] as const)
      vector.addMask(pattern(32, n), -1, rounds);
    expect(vector.toValues(32)).toEqual(new Uint32Array(length));
  });

  test.each(allBits)('packing at %i bits: layout, round trip, sum', (bits) => {
    for (const length of [0, 1, 2, 3, 7, 8, 9, 100, 8192, 8195]) {
      const vector = filled(length, kernel, bits);
      const packed = vector.toPacked(bits);
      expect(packed).toHaveLength(packedLength(length, bits));
      const reduced = values(length, bits).map((value) => value % 2 ** bits);
      if (length <= 100) expect(packed).toEqual(referencePacked(reduced, bits));
      expect(vector.toValues(bits)).toEqual(reduced);
      const back = createMaskVector(length, { kernel });
      back.addPacked(packed, bits);
      expect(back.toValues(32)).toEqual(reduced);
      back.addPacked(packed, bits);
      expect(back.toValues(32)).toEqual(reduced.map((value) => 2 * value));
      expect(vector.toValues(32)).toEqual(values(length, bits)); // reading changes nothing
    }
  });

  test.each(allBits)('packing at %i bits into a message writes its own bytes and no others', (bits) => {
    for (const length of [0, 1, 7, 8, 9, 8195]) {
      const vector = filled(length, kernel, bits);
      const size = packedLength(length, bits);
      const message = new Uint8Array(size + 12).fill(0xa5);
      const view = vector.toPacked(bits, message, 5);
      expect(view.buffer).toBe(message.buffer);
      expect(view.byteOffset).toBe(5);
      expect(view).toHaveLength(size);
      expect(Buffer.from(view).equals(vector.toPacked(bits))).toBe(true);
      expect([...message.subarray(0, 5), ...message.subarray(5 + size)]).toEqual(Array(12).fill(0xa5));
      for (const offset of [13, -1, 0.5, NaN]) {
        expectCode('wire-bounds', () => vector.toPacked(bits, message, offset));
      }
      expect(Buffer.from(view).equals(vector.toPacked(bits, new Uint8Array(size)))).toBe(true);
    }
  });

  test('adding is a homomorphism of packings: the sum of packed vectors is the packed sum', () => {
    for (const bits of allBits) {
      const sum = filled(1000, kernel, 1);
      sum.addPacked(filled(1000, kernel, 2).toPacked(bits), bits);
      const second = values(1000, 2);
      const expected = values(1000, 1).map((value, i) => value + second[i]!);
      const vector = createMaskVector(1000, { kernel });
      vector.addValues(expected);
      expect(sum.toPacked(bits)).toEqual(vector.toPacked(bits));
    }
  });

  test('packings lie at any offset of their buffer', () => {
    for (const bits of [8, 13, 16, 21, 25, 26, 27, 32]) {
      const packed = filled(9001, kernel, 3).toPacked(bits);
      const buffer = new Uint8Array(packed.length + 20).fill(0xff);
      buffer.set(packed, 7);
      const vector = createMaskVector(9001, { kernel });
      vector.addPacked(buffer.subarray(7, 7 + packed.length), bits);
      expect(Buffer.from(packed).equals(vector.toPacked(bits))).toBe(true);
    }
  });

  test.each(lengths)('adds another vector’s words without a copy: %i words', (length) => {
    for (const other of kernels) {
      const sum = filled(length, kernel, 1);
      const addend = filled(length, other, 2);
      sum.addValues(addend.words());
      sum.addValues(sum.words());
      const second = values(length, 2);
      expect(sum.words()).toEqual(values(length, 1).map((value, i) => 2 * (value + second[i]!)));
      expect(addend.words()).toEqual(second);
    }
  });

  test('words are the vector’s own, and gone when it is wiped', () => {
    const vector = filled(70, kernel);
    const words = vector.words();
    vector.addValues(values(70, 1));
    expect(words).toEqual(vector.toValues(32));
    vector.wipe();
    expect(words).toEqual(new Uint32Array(70));
    expectCode('secret-wiped', () => vector.words());
  });

  test('masks go on past 2^16 blocks, where a counter of 16 bits would wrap', () => {
    const length = 2 ** 20 + 17;
    const stream = chacha12(pattern(32), new Uint8Array(12), new Uint8Array(4 * length));
    const vector = createMaskVector(length, { kernel });
    vector.addMask(pattern(32), 1, 12);
    const { buffer, byteOffset, byteLength } = vector.words();
    expect(Buffer.from(buffer, byteOffset, byteLength).equals(Buffer.from(stream.buffer))).toBe(true);
  });

  test('sums wrap mod 2^b though kept mod 2^32', () => {
    for (const bits of allBits) {
      const vector = createMaskVector(5, { kernel });
      const greatest = new Uint32Array(5).fill(2 ** bits - 1);
      for (let n = 0; n < 7; n++) vector.addValues(greatest);
      expect(vector.toValues(bits)).toEqual(new Uint32Array(5).fill(2 ** bits - 7));
    }
  });

  test('refuses packings that are not canonical, and is left unchanged', () => {
    for (const bits of allBits) {
      for (const length of [1, 3, 5, 9]) {
        const vector = filled(length, kernel);
        const packed = filled(length, kernel, 1).toPacked(bits);
        expectCode('wire-bounds', () => vector.addPacked(packed.subarray(1), bits));
        expectCode('wire-bounds', () => vector.addPacked(new Uint8Array(packed.length + 1), bits));
        for (let bit = length * bits; bit < 8 * packed.length; bit++) {
          const padded = packed.slice();
          padded[bit >>> 3]! |= 1 << (bit & 7);
          expectCode('wire-not-canonical', () => vector.addPacked(padded, bits));
        }
        expect(vector.toValues(32)).toEqual(values(length));
      }
    }
  });

  test('refuses lengths, bits, keys and values out of bounds', () => {
    for (const length of [-1, 1.5, 2 ** 28 + 1, Number.NaN]) {
      expectCode('wire-bounds', () => createMaskVector(length, { kernel }));
      expectCode('wire-bounds', () => packedLength(length, 16));
    }
    const vector = filled(4, kernel);
    for (const bits of [0, 7, 33, 8.5, Number.NaN]) {
      expectCode('wire-bounds', () => vector.toPacked(bits));
      expectCode('wire-bounds', () => vector.toValues(bits));
      expectCode('wire-bounds', () => vector.addPacked(new Uint8Array(4), bits));
    }
    for (const length of [0, 3, 5]) expectCode('wire-bounds', () => vector.addValues(new Uint32Array(length)));
    for (const length of [0, 31, 33]) expectCode('key-invalid', () => vector.addMask(pattern(length), 1, 12));
    expect(vector.toValues(32)).toEqual(values(4));
  });

  test('keeps no reference to what it is given or gives', () => {
    const vector = filled(4, kernel);
    vector.toValues(32).fill(9);
    vector.toPacked(32).fill(9);
    const key = pattern(32);
    vector.addMask(key, 1, 12);
    expect(key).toEqual(pattern(32));
    key.fill(0);
    vector.addMask(pattern(32), -1, 12);
    expect(vector.toValues(32)).toEqual(values(4));
  });

  test('fails closed after wipe', () => {
    const vector = filled(70, kernel);
    vector.wipe();
    vector.wipe();
    expectCode('secret-wiped', () => vector.addValues(values(70)));
    expectCode('secret-wiped', () => vector.addMask(pattern(32), 1, 12));
    expectCode('secret-wiped', () => vector.addPacked(new Uint8Array(70), 8));
    expectCode('secret-wiped', () => vector.toPacked(8));
    expectCode('secret-wiped', () => vector.toValues(8));
  });
});

describe('twins', () => {
  test('wasm and plain stay equal over any sequence of operations', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('mask' as const),
        n: fc.nat(255),
        sign: fc.constantFrom(1, -1),
        rounds: fc.constantFrom(12, 20),
      }),
      fc.record({ kind: fc.constant('values' as const), n: fc.nat(255) }),
      fc.record({ kind: fc.constant('packed' as const), n: fc.nat(255), bits: fc.constantFrom(...allBits) }),
    );
    const run = fc.record({
      length: fc.integer({ min: 0, max: 9000 }),
      steps: fc.array(step, { maxLength: 6 }),
      bits: fc.constantFrom(...allBits),
    });
    fc.assert(
      fc.property(run, ({ length, steps, bits }) => {
        const [a, b] = kernels.map((kernel) => {
          const vector = createMaskVector(length, { kernel });
          for (const one of steps) {
            if (one.kind === 'mask') vector.addMask(pattern(32, one.n), one.sign, one.rounds);
            else if (one.kind === 'values') vector.addValues(values(length, one.n));
            else vector.addPacked(filled(length, kernel, one.n).toPacked(one.bits), one.bits);
          }
          return vector;
        });
        expect(a!.toPacked(bits)).toEqual(b!.toPacked(bits));
        expect(a!.toValues(bits)).toEqual(b!.toValues(bits));
      }),
      { numRuns: 60 },
    );
  });

  test('two vectors never touch each other', () => {
    const [a, b] = [filled(100, 'wasm', 1), filled(100, 'wasm', 2)];
    a.addMask(pattern(32), 1, 20);
    a.wipe();
    expect(b.toValues(32)).toEqual(values(100, 2));
  });
});
