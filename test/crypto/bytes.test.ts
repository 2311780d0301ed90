import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, equalBytes, fromHex, toHex, u32le, utf8 } from '../../protocol/crypto/bytes.ts';
import { expectCode } from './helpers.ts';

describe('bytes', () => {
  test('u32le is little-endian and refuses what does not fit', () => {
    expect(u32le(0x0102_0304)).toEqual(Uint8Array.of(4, 3, 2, 1));
    expect(u32le(0xffff_ffff)).toEqual(Uint8Array.of(255, 255, 255, 255));
    for (const wrong of [-1, 2 ** 32, 1.5, Number.NaN]) expectCode('wire-bounds', () => u32le(wrong));
  });

  test('hex goes there and back, and only its own encoding comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
    for (const wrong of ['a', 'AB', 'zz', '0x00', ' 00', '00 ', '00\n', '١١']) {
      expectCode('wire-not-canonical', () => fromHex(wrong));
    }
  });

  test('a refused hex text is not repeated in the error: it may be a secret', () => {
    expect(() => fromHex('SECRETSECRET')).toThrow(/^(?!.*SECRET)/);
  });

  test('equalBytes is equality', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (a, i, change) => {
        const b = a.slice();
        expect(equalBytes(a, b)).toBe(true);
        b[i % b.length]! ^= change;
        expect(equalBytes(a, b)).toBe(false);
        expect(equalBytes(a, a.subarray(1))).toBe(false);
      }),
    );
    expect(equalBytes(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });

  test('concatBytes and utf8', () => {
    expect(concatBytes()).toEqual(new Uint8Array(0));
    expect(concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
    expect(utf8('ü')).toEqual(Uint8Array.of(0xc3, 0xbc));
  });
});
