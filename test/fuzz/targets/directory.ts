import { identityFrom } from '../../../protocol/crypto/keys.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import type { Primitives } from '../../../protocol/crypto/primitives.ts';
import { SIZES } from '../../../protocol/crypto/suite.ts';
import { openDirectory, signDirectory } from '../../../protocol/wire/directory.ts';
import { directoryAt, entryFor } from '../../../protocol/wire/membership.ts';
import { enrolled } from '../../support/directory.ts';
import { bytesTarget } from '../bytes-target.ts';
import { must, refusalCode } from '../outcome.ts';
import type { Target } from '../target.ts';

const authority = identityFrom(nodePrimitives, new Uint8Array(32).fill(7));

/** An authority that signs whatever it is given: what a directory holds is judged, not who vouches for it. */
const unsafeCredulous: Primitives = {
  ...nodePrimitives,
  ed25519Verify: () => true,
  ed25519Sign: () => new Uint8Array(SIZES.signature),
};

const key = (of: number): Uint8Array => new Uint8Array(SIZES.key).fill(of);
const dates = { serial: 7, issued: 1_700_000_000, notAfter: 0xffff_ffff };
const lists = [
  [],
  [enrolled(3, key(3))],
  [
    enrolled(0, key(1), { name: '', tasks: ['a', 'mnist', 'ü'] }),
    enrolled(9, key(2), { name: 'Grüße 少', tasks: ['mnist'], notAfter: 0 }),
    enrolled(0xffff_ffff, key(4)),
  ],
  Array.from({ length: 20 }, (_, i) => enrolled(5 * i, key(i), { tasks: i % 2 === 0 ? [] : ['t'] })),
];

const samplesBy = (primitives: Primitives): readonly Uint8Array[] =>
  lists.map((list) => signDirectory(primitives, authority, dates, list));

const signed = bytesTarget('directory-signed', 1, () => ({
  samples: samplesBy(nodePrimitives),
  decode: (bytes: Uint8Array) => openDirectory(nodePrimitives, authority.publicKey, bytes),
  encode: ({ entries, serial, issued, notAfter }) =>
    signDirectory(nodePrimitives, authority, { serial, issued, notAfter }, [...entries.values()]),
}));

const content = bytesTarget('directory-content', 3, () => ({
  samples: samplesBy(unsafeCredulous),
  decode: (bytes: Uint8Array) => ({
    directory: openDirectory(unsafeCredulous, authority.publicKey, bytes),
    signature: bytes.slice(bytes.length - SIZES.signature),
  }),
  encode: ({ directory: { entries, serial, issued, notAfter }, signature }) =>
    signDirectory({ ...unsafeCredulous, ed25519Sign: () => signature }, authority, { serial, issued, notAfter }, [
      ...entries.values(),
    ]),
  holds({ directory }) {
    const now = directoryAt(directory, directory.notAfter);
    for (const [member, entry] of directory.entries) {
      must(entry.member === member, 'an entry stands under another id');
      try {
        entryFor(now, member, 'mnist');
      } catch (thrown) {
        must(['identity-expired', 'identity-not-allowed'].includes(refusalCode(thrown)), 'a listed member is unknown');
      }
    }
  },
}));

/** Directories that anybody has changed, and directories that an authority has signed blindly. */
export const directoryTargets: readonly Target[] = [signed, content];
