import { generateIdentity, type KeyPair, type Primitives, type RandomSource } from '../../protocol/crypto/index.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { directoryAt, type MemberDirectory, openDirectory, signDirectory } from '../../protocol/wire/index.ts';

/** A directory made up for a simulation, with everybody's identity at hand. */
export interface VirtualMembership {
  readonly authority: KeyPair;
  readonly signed: Uint8Array;
  readonly directory: MemberDirectory;
  readonly identities: ReadonlyMap<MemberId, KeyPair>;
}

/** No simulation has a clock: its directory is read at its first second, and ends with the numbers. */
const ALWAYS = { serial: 1, issued: 0, notAfter: 0xffff_ffff };

/** The members 1 … n. */
export function firstMembers(n: number): MemberId[] {
  return Array.from({ length: n }, (_, i) => memberId(i + 1));
}

/** Makes identities for members 1 … n, and the directory that an authority made for them signs. */
export function virtualMembership(primitives: Primitives, random: RandomSource, n: number): VirtualMembership {
  const authority = generateIdentity(primitives, random);
  const identities = new Map<MemberId, KeyPair>();
  for (let id = 1; id <= n; id++) identities.set(memberId(id), generateIdentity(primitives, random));
  const entries = [...identities].map(([member, { publicKey }]) => ({
    member,
    name: `member-${member}`,
    identityKey: publicKey,
    notAfter: ALWAYS.notAfter,
    tasks: [],
  }));
  const signed = signDirectory(primitives, authority, ALWAYS, entries);
  const directory = directoryAt(openDirectory(primitives, authority.publicKey, signed), ALWAYS.issued);
  return { authority, signed, directory, identities };
}
