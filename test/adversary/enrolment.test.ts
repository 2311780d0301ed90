import { describe, expect, it } from 'vitest';
import { memberId } from '../../protocol/ids.ts';
import { generateIdentity } from '../../protocol/crypto/keys.ts';
import { nodePrimitives as primitives } from '../../protocol/crypto/node/native.ts';
import { type DirectoryEntry, openDirectory, signDirectory } from '../../protocol/wire/directory.ts';
import { directoryAt } from '../../protocol/wire/membership.ts';
import type { VirtualMembership } from '../../simulations/engine/virtual-task.ts';
import { Lab, seeded } from '../../simulations/attacks/open-round/lab.ts';

const random = seeded('enrolment');
const authority = generateIdentity(primitives, random);
const NOW = 5000;
const ODD = memberId(3);

/** Four members, of whom the third is enrolled otherwise than the others. */
function membershipOf(change: Partial<DirectoryEntry>): VirtualMembership {
  const identities = new Map([1, 2, 3, 4].map((id) => [memberId(id), generateIdentity(primitives, random)]));
  const entries = [...identities].map(([member, { publicKey }]) => ({
    member,
    name: '',
    identityKey: publicKey,
    notAfter: NOW,
    tasks: [],
    ...(member === ODD ? change : {}),
  }));
  const dates = { serial: 1, issued: 0, notAfter: 9000 };
  const signed = signDirectory(primitives, authority, dates, entries);
  const directory = openDirectory(primitives, authority.publicKey, signed);
  return { authority, identities, signed, directory: directoryAt(directory, NOW) };
}

const CASES: readonly [string, Partial<DirectoryEntry>, 'identity-expired' | 'identity-not-allowed'][] = [
  ['has expired', { notAfter: NOW - 1 }, 'identity-expired'],
  ['is enrolled for another task', { tasks: ['another'] }, 'identity-not-allowed'],
];

describe.each(CASES)('a member whose enrolment %s', (_, change, code) => {
  it('leaves by itself the round that it is invited to', () => {
    const lab = new Lab({ seed: code, n: 4, adversary: 'active', membership: membershipOf(change) });
    lab.run();
    expect(lab.refusalCodes()).toEqual({ 3: code });
    expect(lab.committed?.included).toEqual([1, 2, 4]);
  });

  it('is dropped by the coordinator if it does not', () => {
    const honest = membershipOf(change);
    const lab = new Lab({ seed: code, n: 4, adversary: 'active', membership: { ...honest } });
    admitTheOdd(lab, honest);
    lab.run();
    expect(lab.refusalCodes()).toEqual({});
    expect(lab.drops).toMatchObject([{ member: ODD, reason: code, effect: 'before-input' }]);
    expect(lab.committed?.included).toEqual([1, 2, 4]);
  });

  it('is refused by every client in a roster of a coordinator that admits it', () => {
    const honest = membershipOf(change);
    const lab = new Lab({ seed: code, n: 4, adversary: 'active', membership: lenient(honest) });
    admitTheOdd(lab, honest);
    lab.run();
    expect(lab.refusalCodes()).toEqual({ 1: code, 2: code, 4: code });
    expect([...lab.refusals.values()].map(({ culprits }) => culprits)).toEqual([[ODD], [ODD], [ODD]]);
    expect(lab.messages('maskedInput')).toEqual([]);
  });
});

/** The same directory by its hash, as somebody reads it who does not mind. */
function lenient(honest: VirtualMembership): VirtualMembership {
  const entries = new Map(honest.directory.entries);
  entries.set(ODD, { ...entries.get(ODD)!, tasks: [], notAfter: NOW });
  return { ...honest, directory: { ...honest.directory, entries } };
}

/** Starts the odd member with a lenient eye; all others are to look honestly. */
function admitTheOdd(lab: Lab, honest: VirtualMembership): void {
  Object.assign(lab.membership!, lenient(honest));
  const all = lab.toClients;
  lab.toClients = all.filter(({ member }) => member === ODD);
  lab.down();
  lab.toClients = all.filter(({ member }) => member !== ODD);
  Object.assign(lab.membership!, honest);
}
