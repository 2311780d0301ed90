import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateIdentity } from '../../protocol/crypto/keys.ts';
import { nodePrimitives as primitives } from '../../protocol/crypto/node/native.ts';
import { LABELS } from '../../protocol/crypto/suite.ts';
import { transcript } from '../../protocol/crypto/transcript.ts';
import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import {
  ByteWriter,
  directoryAt,
  type DirectoryEntry,
  entryFor,
  openDirectory,
  signDirectory,
} from '../../protocol/wire/index.ts';
import { seeded } from '../../simulations/attacks/open-round/lab.ts';
import { codeOf } from '../support/thrown.ts';

const random = seeded('directory');
const authority = generateIdentity(primitives, random);
const DATES = { serial: 9, issued: 1000, notAfter: 5000 };
const entry = (member: number, change: Partial<DirectoryEntry> = {}): DirectoryEntry => ({
  member: memberId(member),
  name: `member-${member}`,
  identityKey: generateIdentity(primitives, random).publicKey,
  notAfter: 4000,
  tasks: [],
  ...change,
});
const sign = (entries: readonly DirectoryEntry[], dates = DATES): Uint8Array =>
  signDirectory(primitives, authority, dates, entries);
const signed = sign([
  entry(3, { tasks: ['b', 'aa', 'a'] }),
  entry(1, { name: 'Ünï 少', notAfter: 0 }),
  entry(0xffff_ffff, { name: '', tasks: ['x'] }),
]);
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
        fc.uniqueArray(
          fc.record({
            member: fc.nat(0xffff_ffff).map(memberId),
            name: fc.string({ maxLength: 30 }),
            notAfter: fc.nat(0xffff_ffff),
            tasks: fc.uniqueArray(fc.string({ maxLength: 9 }), { maxLength: 4 }),
          }),
          { selector: ({ member }) => member, maxLength: 12 },
        ),
        fc.record({ serial: fc.integer({ min: 1, max: 0xffff_ffff }), issued: fc.nat(1000) }),
        (members, dates) => {
          const entries = members.map((member) => entry(member.member, member));
          const { entries: read, ...found } = open(sign(entries, { ...dates, notAfter: 1000 }));
          const expected = entries.map((one) => ({ ...one, tasks: [...one.tasks].sort() }));
          expect([...read.values()]).toEqual(expected.sort((a, b) => a.member - b.member));
          expect(found).toMatchObject({ ...dates, notAfter: 1000 });
        },
      ),
      { numRuns: 60 },
    );
    const one = entry(5);
    const bodies: Parameters<typeof sign>[] = [
      [[one]],
      [[one, entry(6)]],
      [[{ ...one, name: 'other' }]],
      [[{ ...one, notAfter: 4001 }]],
      [[{ ...one, tasks: ['a'] }]],
      [[one], { ...DATES, serial: 10 }],
      [[one], { ...DATES, issued: 999 }],
      [[one], { ...DATES, notAfter: 5001 }],
    ];
    expect(new Set(bodies.map((body) => String(open(sign(...body)).hash))).size).toBe(bodies.length);
  });

  it('has one encoding for a set of tasks, in the order of their bytes', () => {
    // In JavaScript's order of UTF-16 units the second would come first.
    const tasks = ['\uffee', '\u{10000}'];
    const one = entry(1);
    const both = [tasks, [...tasks].reverse()].map((order) => sign([{ ...one, tasks: order }]));
    expect(both[0]).toEqual(both[1]);
    expect(open(both[0]!).entries.get(one.member)?.tasks).toEqual(tasks);
    expect(codeOf(() => sign([entry(1, { tasks: ['a', 'a'] })]))).toBe('wire-not-canonical');
  });

  it('is not believed after any change of one byte, nor at any length that it is cut to', () => {
    for (let at = 0; at < signed.length; at++) {
      for (const change of [1, 0x80, 0xff]) {
        const bytes = signed.slice();
        bytes[at]! ^= change;
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
      for (const value of [0, 1, 0x7f, 0x80, 0xff, body[at]! ^ 1]) {
        const bytes = body.slice();
        bytes[at] = value;
        try {
          const { entries, serial, issued, notAfter } = open(signBody(bytes));
          const again = sign([...entries.values()], { serial, issued, notAfter });
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
    expect(codeOf(() => sign([one, twin]))).toBe('key-duplicate');
    const writer = new ByteWriter().u8(2).u32(1).u32(0).u32(0).u32(2);
    for (const { member, name, identityKey } of [one, twin])
      writer.u32(member).text(name).raw(identityKey).u32(0).u8(0);
    expect(codeOf(() => open(signBody(writer.finish())))).toBe('key-duplicate');
  });

  it('is refused with repeated or unsorted members, a count it cannot hold, another version, bytes behind', () => {
    const body = (version: number, count: number, ids: readonly number[], dates = [1, 0, 0], tasks = ['a']) => {
      const writer = new ByteWriter().u8(version);
      for (const number of [...dates, count]) writer.u32(number);
      for (const id of ids) {
        writer.u32(id).text('x').raw(authority.publicKey).u32(0).u8(tasks.length);
        for (const task of tasks) writer.text(task);
      }
      return writer.finish();
    };
    const code = (...parts: Parameters<typeof body>): ErrorCode => codeOf(() => open(signBody(body(...parts))));
    expect(code(2, 2, [4, 4])).toBe('roster-order');
    expect(code(2, 2, [4, 3])).toBe('roster-order');
    expect(code(2, 1 << 20, [4])).toBe('wire-truncated');
    expect(code(2, 0xffff_ffff, [4])).toBe('wire-bounds');
    expect(code(1, 1, [4])).toBe('wire-version');
    expect(code(3, 1, [4])).toBe('wire-version');
    expect(code(2, 1, [4, 5])).toBe('wire-trailing');
    expect(code(2, 1, [4], [0, 0, 0])).toBe('wire-bounds'); // a serial number of zero
    expect(code(2, 1, [4], [1, 7, 6])).toBe('wire-bounds'); // over before it was issued
    expect(code(2, 1, [4], [1, 0, 0], ['b', 'a'])).toBe('wire-not-canonical');
    expect(code(2, 1, [4], [1, 0, 0], Array<string>(65).fill('a'))).toBe('wire-bounds');
    expect(codeOf(() => sign([entry(4), entry(4)]))).toBe('roster-order');
    expect(codeOf(() => sign([entry(4, { name: 'x'.repeat(129) })]))).toBe('wire-bounds');
    expect(codeOf(() => sign([], { ...DATES, serial: 0 }))).toBe('wire-bounds');
  });
});

describe('membership', () => {
  const directory = open(sign([entry(1), entry(2, { tasks: ['mnist', 'other'] }), entry(3, { notAfter: 5000 })]));
  const judged = (now: number, member: number, task = 'mnist'): ErrorCode | undefined => {
    const at = directoryAt(directory, now);
    try {
      expect(entryFor(at, memberId(member), task).member).toBe(member);
      return undefined;
    } catch (thrown) {
      expect(thrown).toMatchObject({ culprits: [member] });
      return (thrown as CairnError).code;
    }
  };

  it('lasts to the last second of the entry and of the directory, and no longer', () => {
    expect(judged(4000, 1)).toBeUndefined();
    expect(judged(4001, 1)).toBe('identity-expired');
    expect(judged(5000, 3)).toBeUndefined();
    expect(codeOf(() => directoryAt(directory, 5001))).toBe('directory-expired');
  });

  it('is for all tasks where none is named, and otherwise for those that are', () => {
    expect(judged(1000, 1, 'whatever')).toBeUndefined();
    expect(judged(1000, 2, 'other')).toBeUndefined();
    expect(judged(1000, 2, 'mnis')).toBe('identity-not-allowed');
  });

  it('ends by being left out of the directory', () => {
    expect(judged(1000, 4)).toBe('identity-unknown');
  });
});
