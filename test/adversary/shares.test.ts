import { describe, expect, it } from 'vitest';
import { openShares, sealKey, sealShares } from '../../protocol/crypto/seal.ts';
import { SIZES } from '../../protocol/crypto/suite.ts';
import { memberId } from '../../protocol/ids.ts';
import { decodeAbort } from '../../protocol/wire/messages/abort.ts';
import { decodeShareKeys, encodeShareKeys } from '../../protocol/schemes/secagg/messages/share-keys.ts';
import { routedAs, sessionIdOf } from '../../simulations/attacks/open-round/cheats.ts';
import { Lab, type Rewrite, rewriting } from '../../simulations/attacks/open-round/lab.ts';

const VICTIM = memberId(2);
/** The victim's neighbour number 2 is member 4, at place 3. */
const NEIGHBOUR = 2;
const lab = (seed = 'shares', adversary: 'curious' | 'active' = 'active'): Lab => new Lab({ seed, n: 5, adversary });

/** Puts other bytes in the place of what the neighbour sealed for the victim. */
const forVictim = (sealed: Uint8Array): Rewrite =>
  routedAs((entries, to) => {
    if (to === VICTIM) entries.set(NEIGHBOUR, sealed);
  });

function expectRefusal(session: Lab, ...culprits: readonly number[]): void {
  expect(session.refusals.get(VICTIM)).toMatchObject({ code: 'share-undecryptable', culprits });
  const said = session.toServer.filter(({ member }) => member === VICTIM);
  expect(said.map(({ bytes }) => bytes[2])).toEqual([0x0c]);
  expect(decodeAbort(said[0]!.bytes)).toMatchObject({ code: 'share-undecryptable', culprits });
}

describe('a sealed share', () => {
  it('that was changed in any one byte is refused, names its sender, and the masked input is never sent', () => {
    for (let at = 0; at < 84; at++) {
      const session = lab();
      session.serverIn('masked-input');
      session.down(
        routedAs((entries, to) => {
          if (to === VICTIM) entries.get(NEIGHBOUR)![at]! ^= 1 << (at % 8);
        }),
      );
      expectRefusal(session, 4);
    }
  });

  it('in the place of another member’s is refused', () => {
    const session = lab();
    session.serverIn('masked-input');
    session.down(
      routedAs((entries, to) => {
        if (to !== VICTIM) return;
        const [one, other] = [entries.get(1)!, entries.get(2)!];
        entries.set(1, other).set(2, one);
      }),
    );
    expectRefusal(session, 3, 4);
  });

  it('that was meant for another member is refused', () => {
    const session = lab();
    session.serverIn('masked-input');
    // Member 4 sealed for members 1, 2, 3, 5: the first of its entries is member 1's.
    const foreign = decodeShareKeys(session.message('shareKeys', 4)).sealed.slice(0, 84);
    session.down(forVictim(foreign));
    expectRefusal(session, 4);
  });

  it('that the client itself sealed is refused when it comes back as its neighbour’s', () => {
    const session = lab();
    session.serverIn('masked-input');
    const own = decodeShareKeys(session.message('shareKeys', 2)).sealed.slice(NEIGHBOUR * 84, (NEIGHBOUR + 1) * 84);
    session.down(forVictim(own));
    expectRefusal(session, 4);
  });

  it('of an earlier session of the same members is refused', () => {
    const session = lab();
    session.serverIn('masked-input');
    const earlier = new Lab({ seed: 'earlier', n: 5, adversary: 'active', membership: session.membership! });
    earlier.serverIn('masked-input');
    const old = decodeShareKeys(earlier.message('shareKeys', 4)).sealed.slice(84, 168);
    session.down(forVictim(old));
    expectRefusal(session, 4);
  });

  it.each([
    ['is no pair of field elements', (pair: Uint8Array) => pair.fill(0xff)],
    ['has a first share beyond the field', (pair: Uint8Array) => pair.fill(0xff, 0, SIZES.share)],
    ['has a second share beyond the field', (pair: Uint8Array) => pair.fill(0xff, SIZES.share)],
    ['has pad bits set', (pair: Uint8Array) => pair.fill(0x40, SIZES.share - 1, SIZES.share)],
  ])('that opens, but whose plaintext %s, is its sender’s fault, not that of who would reveal it', (_, spoil) => {
    const session = lab('spoilt', 'curious');
    const { cipher } = session.client(4, 'advertise-keys');
    const secret = cipher.secretKey.expose().slice();
    const victimKey = session.client(2, 'advertise-keys').cipher.publicKey;
    session.client(4, 'share-keys');
    const sessionId = sessionIdOf(session.clients.get(memberId(4))!);
    const shared = session.primitives.x25519(secret).with(victimKey);
    const context = { key: sealKey(session.primitives, shared, sessionId, 3, 1), sessionId, from: 3, to: 1 };
    session.up(
      rewriting('shareKeys', ({ member, bytes }) => {
        if (member !== memberId(4)) return bytes;
        const message = decodeShareKeys(bytes);
        const sealed = message.sealed.slice();
        const pair = openShares(session.primitives, { ...context, sealed: sealed.subarray(84, 168) })!;
        spoil(pair);
        sealed.set(sealShares(session.primitives, { ...context, plaintext: pair }), 84);
        return encodeShareKeys({ ...message, sealed });
      }),
    );
    session.down();
    expectRefusal(session, 4);
  });
});
