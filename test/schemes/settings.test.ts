import { describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { SUITES } from '../../protocol/crypto/suite.ts';
import { decodeSettings, encodeSettings } from '../../protocol/wire/settings.ts';
import { virtualSettings } from '../../simulations/engine/virtual-task.ts';
import { codeOf } from '../support/thrown.ts';

const settings = virtualSettings((length) => new Uint8Array(length).fill(7));
const plain = encodeSettings(settings);
const named = encodeSettings({ ...settings, scheme: 'another' });
/** What stands before the settings that name it: a 0 byte, the name's length, and the name. */
const PREFIX = Uint8Array.of(0, 7, 0, ...new TextEncoder().encode('another'));

describe('settings', () => {
  it('that name no scheme have the bytes that they had before schemes could be named', () => {
    expect(toHex(nodePrimitives.sha256(plain))).toBe(
      '3a3caa6d22a741b77ba4810d7b4df601a752d5b02b9be6586b7cde0c0d03b9e8',
    );
    expect(encodeSettings({ ...settings, scheme: 'secagg' })).toEqual(plain);
    expect(decodeSettings(plain)).toEqual(settings);
  });

  it('that name another scheme have its name before the same bytes, and are read back', () => {
    expect(named).toEqual(Uint8Array.of(...PREFIX, ...plain));
    expect(decodeSettings(named)).toEqual({ ...settings, scheme: 'another' });
  });

  it('that name another scheme begin as those of no suite, so that a decoder of the default scheme alone refuses them', () => {
    expect(Object.hasOwn(SUITES, plain[0]!)).toBe(true);
    expect(Object.hasOwn(SUITES, named[0]!)).toBe(false);
  });

  it('have one encoding: the default scheme is not named, and no scheme is named twice', () => {
    const twice = Uint8Array.of(...PREFIX, ...named);
    const secagg = Uint8Array.of(0, 6, 0, ...new TextEncoder().encode('secagg'), ...plain);
    expect(codeOf(() => decodeSettings(secagg))).toBe('wire-not-canonical');
    expect(codeOf(() => decodeSettings(twice))).toBe('wire-bounds');
  });

  it('cut off within the name, or with a name beyond its bound, are refused', () => {
    for (let length = 0; length <= PREFIX.length; length++)
      expect(codeOf(() => decodeSettings(named.subarray(0, length)))).toBe('wire-truncated');
    const long = encodeSettings({ ...settings, scheme: 'x'.repeat(129) });
    expect(codeOf(() => decodeSettings(long))).toBe('wire-bounds');
  });
});
