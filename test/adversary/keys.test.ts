import { readInvitation } from '../../protocol/wire/messages/invitation.ts';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../protocol/errors.ts';
import { isSoundAgreementKey } from '../../protocol/schemes/secagg/agreement-keys.ts';
import { fromHex } from '../../protocol/crypto/bytes.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import { memberId } from '../../protocol/ids.ts';
import { openDirectory } from '../../protocol/wire/directory.ts';
import type { Advertisement } from '../../protocol/schemes/secagg/messages/advertise-keys.ts';
import { startClient } from '../../protocol/schemes/secagg/client/index.ts';
import { virtualMembership } from '../../simulations/engine/virtual-task.ts';
import { colluder, rosterAs, signedAdvertisement } from '../../simulations/attacks/open-round/cheats.ts';
import { Lab, seeded } from '../../simulations/attacks/open-round/lab.ts';
import { codeOf } from '../support/thrown.ts';

type Change = (members: readonly Advertisement[], lab: Lab) => readonly Advertisement[];

/** The victim is member 2 of 5; member 4 colludes with the coordinator. */
const VICTIM = 2;
const COLLUDER = 4;

/** Shows the victim a changed roster, and gives the code under which it left; it must have sent nothing but that. */
function shown(
  adversary: 'curious' | 'active',
  change: Change,
): { code: ErrorCode | undefined; culprits: readonly number[] } {
  const lab = new Lab({ seed: `keys ${adversary}`, n: 5, adversary });
  lab.serverIn('share-keys');
  lab.down(rosterAs((members, to) => (to === memberId(VICTIM) ? change(members, lab) : members)));
  const after = lab.toServer.filter(({ member }) => member === memberId(VICTIM));
  const refusal = lab.refusals.get(memberId(VICTIM));
  if (refusal !== undefined) {
    expect(after.map(({ bytes }) => bytes[2])).toEqual([0x0c]);
    expect(lab.clients.get(memberId(VICTIM))?.name).toBe('closed');
  }
  return { code: refusal?.code, culprits: refusal?.culprits ?? [] };
}

const put = (members: readonly Advertisement[], changed: Advertisement): readonly Advertisement[] =>
  members.map((own) => (own.member === changed.member ? changed : own));

describe.each(['curious', 'active'] as const)('in an %s round a client is shown keys, and', (adversary) => {
  it('goes on where they are as they should be', () => {
    expect(shown(adversary, (members) => members).code).toBeUndefined();
  });

  it.each([
    ['the same cipher key', (other, own) => [other.cipherKey, own.maskKey]],
    ['the same mask key', (other, own) => [own.cipherKey, other.maskKey]],
    ['a cipher key that is another’s mask key', (other, own) => [other.maskKey, own.maskKey]],
    ['a mask key that is another’s cipher key', (other, own) => [own.cipherKey, other.cipherKey]],
    ['one key for both of its purposes', (_, own) => [own.cipherKey, own.cipherKey]],
  ] as [string, (other: Advertisement, own: Advertisement) => [Uint8Array, Uint8Array]][])(
    'refuses a member that has %s',
    (_, keysOf) => {
      for (const copied of [1, VICTIM, 5]) {
        const result = shown(adversary, (members, lab) =>
          put(members, signedAdvertisement(lab, COLLUDER, ...keysOf(members[copied - 1]!, members[COLLUDER - 1]!))),
        );
        expect(result.code).toBe('key-duplicate');
      }
    },
  );

  it('refuses its own keys reflected as those of a neighbour, also under X25519’s other encodings of them', () => {
    const reflected: Change = (members, lab) => {
      const { cipherKey, maskKey } = members[VICTIM - 1]!;
      return put(members, signedAdvertisement(lab, COLLUDER, cipherKey, maskKey));
    };
    expect(shown(adversary, reflected).code).toBe('key-duplicate');
    const withTopBit: Change = (members, lab) => {
      const [cipherKey, maskKey] = [members[VICTIM - 1]!.cipherKey.slice(), members[VICTIM - 1]!.maskKey.slice()];
      cipherKey[31]! |= 0x80;
      maskKey[31]! |= 0x80;
      return put(members, signedAdvertisement(lab, COLLUDER, cipherKey, maskKey));
    };
    expect(shown(adversary, withTopBit)).toEqual({ code: 'key-invalid', culprits: [COLLUDER] });
  });

  it.each([
    ['missing', (members) => members.filter(({ member }) => member !== memberId(VICTIM))],
    ['those of a colluder', (members, lab) => put(members, colluder(lab, VICTIM).advertisement)],
    [
      'with its two keys swapped',
      (members) => {
        const own = members[VICTIM - 1]!;
        return put(members, { ...own, cipherKey: own.maskKey, maskKey: own.cipherKey });
      },
    ],
    [
      'under another member id',
      (members) =>
        members
          .map((own) => (own.member === memberId(VICTIM) ? { ...own, member: memberId(3) } : own))
          .filter((_, i) => i !== 2),
    ],
  ] as [string, Change][])('refuses a roster in which its own keys are %s', (_, change) => {
    expect(shown(adversary, change).code).toBe('own-key-altered');
  });

  it.each([
    ['repeated', (members) => [...members.slice(0, 4), members[3]]],
    ['unsorted', (members) => [members[0], members[1], members[3], members[2], members[4]]],
  ] as [string, Change][])('refuses a roster with %s members', (_, change) => {
    expect(shown(adversary, change).code).toBe('roster-order');
  });

  it('refuses every public key of low order, in either place, and names who sent it', () => {
    for (const low of LOW_ORDER.map(fromHex)) {
      for (const at of [0, 1]) {
        const result = shown(adversary, (members, lab) => {
          const own = members[COLLUDER - 1]!;
          return put(
            members,
            signedAdvertisement(lab, COLLUDER, at === 0 ? low : own.cipherKey, at === 1 ? low : own.maskKey),
          );
        });
        expect(result).toEqual({ code: 'key-invalid', culprits: [COLLUDER] });
      }
    }
  });
});

/** All low-order u-coordinates that fit 32 bytes, with their other encodings (RFC 7748 §6.1, cr.yp.to/ecdh.html). */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

describe('agreement keys', () => {
  it('of low order are known by X25519 itself, and refused with the top bit set too', () => {
    const scalar = portablePrimitives.x25519(seeded('scalar')(32));
    for (const hex of LOW_ORDER) {
      const key = fromHex(hex);
      expect(codeOf(() => scalar.with(key))).toBe('key-invalid');
      expect(isSoundAgreementKey(key)).toBe(false);
      key[31]! |= 0x80;
      expect(codeOf(() => scalar.with(key))).toBe('key-invalid');
      expect(isSoundAgreementKey(key)).toBe(false);
    }
  });

  it('are refused in any but their one encoding, and every honest key passes', () => {
    const random = seeded('honest keys');
    for (let i = 0; i < 50; i++) {
      const key = portablePrimitives.x25519PublicKey(random(32));
      expect(isSoundAgreementKey(key)).toBe(true);
      key[31]! |= 0x80;
      expect(isSoundAgreementKey(key)).toBe(false);
    }
    for (let low = 0xed; low <= 0xff; low++) {
      expect(
        isSoundAgreementKey(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? low : i === 31 ? 0x7f : 0xff))),
      ).toBe(false);
    }
    // 9 is the base point; p − 2 is canonical and of high order.
    expect(isSoundAgreementKey(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0)))).toBe(true);
    expect(
      isSoundAgreementKey(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0xeb : i === 31 ? 0x7f : 0xff))),
    ).toBe(true);
    expect(isSoundAgreementKey(new Uint8Array(31).fill(9))).toBe(false);
  });
});

describe('in an active round a client', () => {
  it('refuses a member whose identity did not sign the keys that are shown for it', () => {
    const forged: [string, Change][] = [
      ['another key', (members, lab) => put(members, { ...members[0]!, maskKey: colluder(lab, 1).mask.publicKey })],
      ['a signature of zeros', (members) => put(members, { ...members[0]!, signature: new Uint8Array(64) })],
      ['no signature', (members) => put(members, { ...members[0]!, signature: undefined })],
      ['another’s signature', (members) => put(members, { ...members[0]!, signature: members[4]!.signature })],
      [
        'a signature by another identity',
        (members, lab) =>
          put(members, {
            ...signedAdvertisement(lab, COLLUDER, members[0]!.cipherKey, members[0]!.maskKey),
            member: memberId(1),
          }),
      ],
    ];
    for (const [name, change] of forged)
      expect([name, shown('active', change)]).toEqual([name, { code: 'identity-signature', culprits: [1] }]);
  });

  it('refuses a member that is not in the directory, even with a signature', () => {
    const added: Change = (members, lab) => {
      const { cipher, mask } = colluder(lab, COLLUDER);
      const signed = signedAdvertisement(lab, COLLUDER, cipher.publicKey, mask.publicKey);
      return [...members, { ...signed, member: memberId(77) }];
    };
    expect(shown('active', added)).toEqual({ code: 'identity-unknown', culprits: [77] });
  });

  it('refuses keys that a member signed for another round', () => {
    const replayed: Change = (members, lab) => {
      const earlier = new Lab({ seed: 'earlier', n: 5, adversary: 'active', membership: lab.membership! });
      earlier.serverIn('share-keys');
      const facts = earlier.server.name === 'share-keys' ? earlier.server.facts : undefined;
      return put(members, facts!.roster[0]!);
    };
    expect(shown('active', replayed)).toEqual({ code: 'identity-signature', culprits: [1] });
  });

  it('believes no directory but the one that its authority signed and the settings name', () => {
    const lab = new Lab({ seed: 'directories', n: 3, adversary: 'active' });
    const { membership, primitives, random } = lab;
    const other = virtualMembership(primitives, random, 3);
    expect(codeOf(() => openDirectory(primitives, membership!.authority.publicKey, other.signed))).toBe(
      'directory-signature',
    );
    const policy = { adversary: 'active', colluding: 0, minCohort: 2 } as const;
    const start = { primitives, random, policy, invitation: readInvitation(lab.toClients[0]!.bytes) };
    const member = memberId(1);
    const refusal = (self: Parameters<typeof startClient>[0]['self']): unknown =>
      startClient({ ...start, self }).events.at(-1);
    const identity = membership!.identities.get(member)!;
    const refused = (code: ErrorCode): unknown => ({
      kind: 'refused',
      error: expect.objectContaining({ code }) as unknown,
    });
    expect(refusal({ member, identity, directory: other.directory })).toEqual(refused('directory-mismatch'));
    expect(refusal({ member, identity })).toEqual(refused('directory-mismatch'));
    const { directory } = membership!;
    expect(refusal({ member, directory })).toEqual(refused('identity-unknown'));
    expect(refusal({ member: memberId(2), identity, directory })).toEqual(refused('identity-unknown'));
    expect(refusal({ member: memberId(9), identity, directory })).toEqual(refused('identity-unknown'));
    expect(refusal({ member, identity, directory })).toEqual({ kind: 'state', name: 'advertise-keys' });
  });
});

describe('in a curious round a client', () => {
  it('refuses a roster with signatures, which nobody there can have checked', () => {
    const signed: Change = (members) => put(members, { ...members[0]!, signature: new Uint8Array(64) });
    expect(shown('curious', signed).code).toBe('wire-not-canonical');
  });
});
