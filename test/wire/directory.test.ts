import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateIdentity } from '../../protocol/crypto/keys.ts';
import { nodePrimitives as primitives } from '../../protocol/crypto/node/native.ts';
import { LABELS } from '../../protocol/crypto/suite.ts';
import { transcript } from '../../protocol/crypto/transcript.ts';
import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { ByteWriter, type DirectoryEntry, openDirectory, signDirectory } from '../../protocol/wire/index.ts';
import { codeOf, seeded } from '../support/lab.ts';

const random = seeded('directory');
const authority = generateIdentity(primitives, random);
const entry = (member: number, name = `member-${member}`): DirectoryEntry => ({
  member: memberId(member),
  name,
  identityKey: generateIdentity(primitives, random).publicKey,
});
const signed = signDirectory(primitives, authority, [entry(3), entry(1, 'Ünï 少'), entry(0xffff_ffff, '')]);
const open = (bytes: Uint8Array): ReturnType<typeof openDirectory> =>
  openDirectory(primitives, authority.publicKey, bytes);

/** Puts the authority's signature under any body: what an authority that errs, or is forced to, could do. */
function signBody(body: Uint8Array): Uint8Array {
  const message = transcript(primitives, LABELS.signDirectory, body);
  return Uint8Array.of(...body, ...primitives.ed25519Sign(authority.secretKey.expose(), message));
}

describe('a member directory', () => {
  it('gives back every entry in ascending order of member id, under a hash of its own', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.nat(0xffff_ffff), fc.string({ maxLength: 30 })), {
          selector: ([id]) => id,
          maxLength: 12,
        }),
        (members) => {
          const entries = members.map(([id, name]) => entry(id, name));
          const { entries: read } = open(signDirectory(primitives, authority, entries));
          expect([...read.values()]).toEqual([...entries].sort((a, b) => a.member - b.member));
        },
      ),
      { numRuns: 60 },
    );
    const one = entry(5);
    const hashes = [[one], [one, entry(6)], [{ ...one, name: 'other' }]].map(
      (entries) => open(signDirectory(primitives, authority, entries)).hash,
    );
    expect(new Set(hashes.map(String)).size).toBe(3);
  });

  it('is not believed after any change of one byte, nor at any length that it is cut to', () => {
    for (let at = 0; at < signed.length; at++) {
      for (const change of [1, 0x80, 0xff]) {
        const bytes = signed.slice();
        bytes[at] ^= change;
        expect(codeOf(() => open(bytes))).toBe('directory-signature');
      }
    }
    for (let length = 0; length < signed.length; length++) {
      expect(codeOf(() => open(signed.subarray(0, length)))).toBe(
        length < 64 ? 'wire-truncated' : 'directory-signature',
      );
    }
    expect(codeOf(() => open(Uint8Array.of(...signed, 0)))).toBe('directory-signature');
  });

  it('is not believed under another authority’s key', () => {
    const { publicKey } = generateIdentity(primitives, random);
    expect(codeOf(() => openDirectory(primitives, publicKey, signed))).toBe('directory-signature');
    expect(codeOf(() => openDirectory(primitives, new Uint8Array(32), signed))).toBe('directory-signature');
  });

  it('gives a value or a named error for every change even where the authority signed it', () => {
    const body = signed.subarray(0, signed.length - 64);
    const codes = new Set<ErrorCode>();
    for (let at = 0; at < body.length; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff, body[at] ^ 1]) {
        const bytes = body.slice();
        bytes[at] = value;
        try {
          const { entries } = open(signBody(bytes));
          const again = signDirectory(primitives, authority, [...entries.values()]);
          expect(again).toEqual(signBody(bytes));
        } catch (thrown) {
          if (!(thrown instanceof CairnError)) throw thrown;
          codes.add(thrown.code);
        }
      }
    }
    for (const code of codes) {
      expect(['roster-order', 'key-duplicate'].includes(code) || code.startsWith('wire-')).toBe(true);
    }
    expect(codes).toContain('roster-order');
  });

  it('is refused, when signed and when opened, with one identity key for two members', () => {
    const one = entry(4);
    const twin = { ...entry(5), identityKey: one.identityKey };
    expect(codeOf(() => signDirectory(primitives, authority, [one, twin]))).toBe('key-duplicate');
    const writer = new ByteWriter().u8(1).u32(2);
    for (const { member, name, identityKey } of [one, twin]) writer.u32(member).text(name).raw(identityKey);
    expect(codeOf(() => open(signBody(writer.finish())))).toBe('key-duplicate');
  });

  it('is refused with repeated or unsorted members, a count it cannot hold, another version, bytes behind', () => {
    const body = (version: number, count: number, ids: readonly number[]): Uint8Array => {
      const writer = new ByteWriter().u8(version).u32(count);
      for (const id of ids) writer.u32(id).text('x').raw(authority.publicKey);
      return writer.finish();
    };
    const code = (...parts: Parameters<typeof body>): ErrorCode => codeOf(() => open(signBody(body(...parts))));
    expect(code(1, 2, [4, 4])).toBe('roster-order');
    expect(code(1, 2, [4, 3])).toBe('roster-order');
    expect(code(1, 1 << 20, [4])).toBe('wire-truncated');
    expect(code(1, 0xffff_ffff, [4])).toBe('wire-bounds');
    expect(code(2, 1, [4])).toBe('wire-version');
    expect(code(1, 1, [4, 5])).toBe('wire-trailing');
    expect(codeOf(() => signDirectory(primitives, authority, [entry(4), entry(4)]))).toBe('roster-order');
  });
});
