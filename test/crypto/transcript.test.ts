import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, toHex, u32le, utf8 } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives as native } from '../../protocol/crypto/node/native.ts';
import { portablePrimitives as portable } from '../../protocol/crypto/portable.ts';
import { LABELS } from '../../protocol/crypto/suite.ts';
import { deriveKey, transcript } from '../../protocol/crypto/transcript.ts';
import { pattern } from './helpers.ts';

describe('transcript', () => {
  test('is SHA-256 over length-prefixed label and parts', () => {
    const label = utf8(LABELS.session);
    const expected = native.sha256(
      concatBytes(u32le(label.length), label, u32le(3), pattern(3), u32le(0), u32le(300), pattern(300, 1)),
    );
    expect(transcript(portable, LABELS.session, pattern(3), new Uint8Array(0), pattern(300, 1))).toEqual(expected);
    expect(transcript(native, LABELS.session, pattern(3), new Uint8Array(0), pattern(300, 1))).toEqual(expected);
  });

  test('is injective: another list of parts, even of the same bytes, is another hash', () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 3, max: 1 }), { maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const same = JSON.stringify(a.map(toHex)) === JSON.stringify(b.map(toHex));
        const equal =
          toHex(transcript(native, LABELS.session, ...a)) === toHex(transcript(native, LABELS.session, ...b));
        expect(equal).toBe(same);
      }),
      { numRuns: 2000 },
    );
    const joined = transcript(native, LABELS.session, Uint8Array.of(1, 2));
    expect(transcript(native, LABELS.session, Uint8Array.of(1), Uint8Array.of(2))).not.toEqual(joined);
    expect(transcript(native, LABELS.session, Uint8Array.of(1, 2), new Uint8Array(0))).not.toEqual(joined);
  });

  test('separates labels, which are all different', () => {
    const labels = Object.values(LABELS);
    expect(new Set(labels).size).toBe(labels.length);
    expect(new Set(labels.map((label) => toHex(transcript(native, label, pattern(4))))).size).toBe(labels.length);
  });
});

describe('deriveKey', () => {
  test('is HKDF with the transcript’s encoding as info', () => {
    const label = utf8(LABELS.pairMask);
    const info = concatBytes(u32le(label.length), label, u32le(4), u32le(7), u32le(2), pattern(2));
    const expected = native.hkdf(pattern(32), pattern(32, 1), info, 32);
    for (const primitives of [portable, native]) {
      const derived = deriveKey(primitives, pattern(32), pattern(32, 1), LABELS.pairMask, u32le(7), pattern(2));
      expect(derived.expose()).toEqual(expected);
    }
  });

  test('every input matters', () => {
    const base = [pattern(32), pattern(32, 1), LABELS.pairMask, u32le(1), u32le(2)] as const;
    const derive = (
      ...[key, salt, label, ...parts]: Parameters<typeof deriveKey> extends [unknown, ...infer R] ? R : never
    ) => toHex(deriveKey(native, key, salt, label, ...parts).expose());
    const keys = [
      derive(...base),
      derive(pattern(32, 9), base[1], base[2], base[3], base[4]),
      derive(base[0], pattern(32, 9), base[2], base[3], base[4]),
      derive(base[0], base[1], LABELS.selfMask, base[3], base[4]),
      derive(base[0], base[1], base[2], base[4], base[3]),
      derive(base[0], base[1], base[2], base[3]),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
