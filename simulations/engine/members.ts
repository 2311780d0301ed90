import { generateIdentity, type KeyPair } from '../../protocol/crypto/keys.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import type { RandomSource } from '../../protocol/crypto/random.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { type MemberDirectory, openDirectory, signDirectory } from '../../protocol/wire/directory.ts';

/** A directory made up for a simulation, with everybody's identity at hand. */
export interface VirtualMembership {
  readonly authority: KeyPair;
  readonly signed: Uint8Array;
  readonly directory: MemberDirectory;
  readonly identities: ReadonlyMap<MemberId, KeyPair>;
}

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
  }));
  const signed = signDirectory(primitives, authority, entries);
  return { authority, signed, directory: openDirectory(primitives, authority.publicKey, signed), identities };
}
