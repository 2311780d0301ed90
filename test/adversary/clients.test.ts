import { describe, expect, it } from 'vitest';
import { SIZES } from '../../protocol/crypto/suite.ts';
import { equalBytes } from '../../protocol/crypto/bytes.ts';
import { memberId } from '../../protocol/ids.ts';
import { decodeAdvertiseKeys, encodeAdvertiseKeys } from '../../protocol/schemes/secagg/messages/advertise-keys.ts';
import { decodeMaskedInput, encodeMaskedInput } from '../../protocol/schemes/secagg/messages/masked-input.ts';
import { decodeShareKeys, encodeShareKeys } from '../../protocol/schemes/secagg/messages/share-keys.ts';
import { decodeUnmaskShares, encodeUnmaskShares } from '../../protocol/schemes/secagg/messages/unmask-shares.ts';
import type { MessageName } from '../../protocol/wire/header.ts';
import { signedAdvertisement } from '../../simulations/attacks/open-round/cheats.ts';
import { Lab, type Mail, type Rewrite, rewriting } from '../../simulations/attacks/open-round/lab.ts';
import { revealing } from '../../simulations/attacks/open-round/liars.ts';

// Malicious clients against an honest server: one bad member costs itself its place, and nobody else the round.

const N = 8;
const BAD = memberId(3);
type Class = 'curious' | 'active';

const by = (name: MessageName, change: (mail: Mail, lab: Lab) => Uint8Array, lab: Lab): Rewrite =>
  rewriting(name, (mail) => (mail.member === BAD ? change(mail, lab) : mail.bytes));

/** The round commits without the bad member's input, exact, and with one drop: that member, for that reason. */
function expectOnlyBadDropped(lab: Lab, state: string, reason: string, effect = 'before-input'): void {
  expect(lab.drops).toEqual([{ member: BAD, state, reason, effect }]);
  const included = effect === 'before-input' ? lab.members.filter((member) => member !== BAD) : lab.members;
  expect(lab.committed?.included).toEqual(included);
  expect(lab.committed?.sum).toEqual(lab.plainSum(included));
  expect([...lab.refusals.keys()].filter((member) => member !== BAD)).toEqual([]);
}

describe.each<Class>(['curious', 'active'])('in an %s round the server drops only the client that', (adversary) => {
  const spoil = (name: MessageName, change: (mail: Mail, lab: Lab) => Uint8Array): Lab => {
    const lab = new Lab({ seed: `bad ${adversary}`, n: N, adversary });
    return lab.run({ up: by(name, change, lab) });
  };

  it.each([
    ['cipher key of another', 0, 'key-duplicate'],
    ['mask key of another', 1, 'key-duplicate'],
  ] as const)('advertises the %s', (_, which, code) => {
    const lab = spoil('advertiseKeys', ({ bytes }, session) => {
      const own = decodeAdvertiseKeys(bytes);
      const other = decodeAdvertiseKeys(session.message('advertiseKeys', 1)).advertisement;
      const { cipherKey, maskKey } = own.advertisement;
      const advertisement = signedAdvertisement(
        session,
        BAD,
        which === 0 ? other.cipherKey : cipherKey,
        which === 1 ? other.maskKey : maskKey,
      );
      return encodeAdvertiseKeys({ ...own, advertisement });
    });
    expectOnlyBadDropped(lab, 'advertise-keys', code);
  });

  it.each([
    ['a key of low order', new Uint8Array(32)],
    ['a copied key in another encoding', undefined],
  ])('advertises %s, for which every client would refuse the roster', (_, low) => {
    for (const which of [0, 1]) {
      const lab = spoil('advertiseKeys', ({ bytes }, session) => {
        const own = decodeAdvertiseKeys(bytes);
        const copied = decodeAdvertiseKeys(session.message('advertiseKeys', 1)).advertisement.cipherKey.slice();
        copied[31]! |= 0x80;
        const bad = low ?? copied;
        const { cipherKey, maskKey } = own.advertisement;
        const advertisement = signedAdvertisement(
          session,
          BAD,
          which === 0 ? bad : cipherKey,
          which === 1 ? bad : maskKey,
        );
        return encodeAdvertiseKeys({ ...own, advertisement });
      });
      expectOnlyBadDropped(lab, 'advertise-keys', 'key-invalid');
    }
  });

  it('advertises keys in another member’s name', () => {
    const lab = spoil('advertiseKeys', ({ bytes }, session) => {
      const advertisement = signedAdvertisement(session, 5, ...keysOf(bytes));
      return encodeAdvertiseKeys({ ...decodeAdvertiseKeys(bytes), advertisement });
    });
    expectOnlyBadDropped(lab, 'advertise-keys', 'identity-signature');
  });

  it('seals for another number of neighbours', () => {
    const lab = spoil('shareKeys', ({ bytes }) => {
      const message = decodeShareKeys(bytes);
      return encodeShareKeys({ ...message, count: N - 2, sealed: message.sealed.slice(84) });
    });
    expectOnlyBadDropped(lab, 'share-keys', 'wire-bounds');
  });

  it.each([
    [
      'of another length',
      (bytes: Uint8Array) =>
        reinput(
          bytes,
          (length) => length + 1,
          (bits) => bits,
        ),
    ],
    [
      'of fewer bits',
      (bytes: Uint8Array) =>
        reinput(
          bytes,
          (length) => length,
          (bits) => bits - 1,
        ),
    ],
    [
      'of more bits',
      (bytes: Uint8Array) =>
        reinput(
          bytes,
          (length) => length,
          (bits) => bits + 1,
        ),
    ],
    ['cut short', (bytes: Uint8Array) => bytes.slice(0, -1)],
    ['with pad bits set', (bytes: Uint8Array) => Uint8Array.of(...bytes.subarray(0, -1), 0xff)],
    ['with bytes behind it', (bytes: Uint8Array) => Uint8Array.of(...bytes, 0)],
  ])('sends a masked input %s, and the sum is as if it had sent none', (_, change) => {
    const lab = new Lab({ seed: 'bad input', n: N, adversary, settings: { modulusBits: 23, dimension: 6 } });
    lab.run({ up: by('maskedInput', ({ bytes }) => change(bytes), lab) });
    expect(lab.drops[0]).toMatchObject({ member: BAD, state: 'masked-input', effect: 'before-input' });
    expectOnlyBadDropped(lab, 'masked-input', lab.drops[0]!.reason);
    expect(lab.drops[0]!.reason.startsWith('wire-')).toBe(true);
  });

  it.each([
    ['garbage for shares', (shares: Uint8Array) => shares.fill(0xff)],
    ['one share beyond the field', (shares: Uint8Array) => shares.fill(0xff, 4 * SIZES.share, 5 * SIZES.share)],
  ])('reveals %s: its input still counts', (_, spoilt) => {
    const lab = spoil('unmaskShares', ({ bytes }) => {
      const message = decodeUnmaskShares(bytes);
      const shares = message.shares.slice();
      spoilt(shares);
      return encodeUnmaskShares({ ...message, shares });
    });
    expectOnlyBadDropped(lab, 'unmasking', 'wire-not-canonical', 'without-unmasking');
  });

  it('reveals another number of shares', () => {
    const lab = spoil('unmaskShares', ({ bytes }) => {
      const message = decodeUnmaskShares(bytes);
      return encodeUnmaskShares({ ...message, count: N - 1, shares: message.shares.slice(SIZES.share) });
    });
    expectOnlyBadDropped(lab, 'unmasking', 'wire-bounds', 'without-unmasking');
  });

  it('refuses a masked input that comes late, and the sum has the others’ alone', () => {
    const lab = new Lab({ seed: 'late', n: N, adversary });
    lab.serverIn('masked-input');
    lab.down();
    const late = lab.toServer.filter(({ member }) => member === BAD);
    expect(late).toHaveLength(1);
    lab.toServer = lab.toServer.filter(({ member }) => member !== BAD);
    lab.up();
    lab.serverDoes({ kind: 'deadline' });
    while (!lab.over) {
      const { server } = lab;
      const step = lab.serverGets(BAD, late[0]!.bytes);
      expect(step).toMatchObject({ refusal: { code: 'wrong-state' }, send: [], events: [], wipe: [] });
      expect(step.state).toBe(server);
      if (lab.toClients.length > 0) lab.down();
      else lab.up();
    }
    expectOnlyBadDropped(lab, 'masked-input', 'deadline-missed');
  });

  it('hears nobody who was not invited, and takes nothing in another member’s name', () => {
    const lab = new Lab({ seed: 'strangers', n: N, adversary });
    const stranger = memberId(99);
    const up: Rewrite = (mail) => [
      { member: stranger, bytes: mail.bytes },
      // What one member sends under its own connection is never taken for another's.
      ...(mail.member === BAD ? [] : [mail]),
    ];
    lab.run({ up });
    expect(lab.ignored.filter(({ code }) => code === 'member-unknown').length).toBeGreaterThan(3 * N);
    expectOnlyBadDropped(lab, 'advertise-keys', 'deadline-missed');
  });

  it('ends the round with secret-mismatch and the culprit where a member shared a false key and dropped', () => {
    // The bad member seals shares of another s than it advertises: each pair it seals is one of another sharing.
    const lab = new Lab({ seed: 'false shares', n: N, adversary });
    const sharing = lab.client(BAD, 'share-keys');
    expect(sharing.name).toBe('share-keys');
    lab.serverIn('masked-input');
    lab.down();
    lab.toServer = lab.toServer.filter(({ member }) => member !== BAD);
    lab.leave(BAD);
    // Everybody answers with shares of a secret that is not the bad member's: its place is filled with one constant,
    // which is a valid sharing of that constant.
    const constant = new Uint8Array(SIZES.share);
    constant[0] = 5;
    lab.serverIn('unmasking');
    lab.run({ up: revealing(lab, lab.members, (share, owner) => (owner === BAD ? constant : share)) });
    expect(lab.aborted?.error).toMatchObject({ code: 'secret-mismatch', culprits: [BAD] });
    expect(lab.committed).toBeUndefined();
  });
});

describe('in an active round the server drops only the client that', () => {
  it('signs its keys wrongly', () => {
    const lab = new Lab({ seed: 'signature', n: N, adversary: 'active' });
    lab.run({
      up: by(
        'advertiseKeys',
        ({ bytes }) => {
          const changed = bytes.slice();
          changed[changed.length - 1]! ^= 1;
          return changed;
        },
        lab,
      ),
    });
    expectOnlyBadDropped(lab, 'advertise-keys', 'identity-signature');
  });

  it('signs the survivor set wrongly, or in another’s name: its input still counts', () => {
    const wrong = (change: (mail: Mail, lab: Lab) => Uint8Array): void => {
      const lab = new Lab({ seed: 'signature', n: N, adversary: 'active' });
      lab.run({ up: by('consistency', change, lab) });
      expectOnlyBadDropped(lab, 'consistency-check', 'identity-signature', 'after-input');
    };
    wrong(({ bytes }) => {
      const changed = bytes.slice();
      changed[40]! ^= 1;
      return changed;
    });
    wrong((_, lab) => lab.message('consistency', 5));
  });

  it('is not in the directory, or comes without a signature', () => {
    const lab = new Lab({ seed: 'unsigned', n: N, adversary: 'active' });
    lab.run({
      up: by(
        'advertiseKeys',
        ({ bytes }) => {
          const own = decodeAdvertiseKeys(bytes);
          return encodeAdvertiseKeys({ ...own, advertisement: { ...own.advertisement, signature: undefined } });
        },
        lab,
      ),
    });
    expectOnlyBadDropped(lab, 'advertise-keys', 'identity-signature');
  });
});

function keysOf(bytes: Uint8Array): [Uint8Array, Uint8Array] {
  const { advertisement } = decodeAdvertiseKeys(bytes);
  expect(equalBytes(advertisement.cipherKey, advertisement.maskKey)).toBe(false);
  return [advertisement.cipherKey, advertisement.maskKey];
}

function reinput(
  bytes: Uint8Array,
  lengthOf: (length: number) => number,
  bitsOf: (bits: number) => number,
): Uint8Array {
  const message = decodeMaskedInput(bytes);
  const [length, bits] = [lengthOf(message.length), bitsOf(message.bits)];
  return encodeMaskedInput({ ...message, length, bits, packed: new Uint8Array(Math.ceil((length * bits) / 8)) });
}
