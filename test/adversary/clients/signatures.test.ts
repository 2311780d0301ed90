import { afterEach, describe, expect, it } from 'vitest';
import { memberId } from '../../../protocol/ids.ts';
import { decodeAbort } from '../../../protocol/wire/messages/abort.ts';
import { closeAll, membership } from '../../coordinator/support/hall.ts';
import { memberHello } from '../../coordinator/support/peer.ts';
import { inTheNameOf, wrongAdvertisement, wrongConsistency } from '../../../simulations/attacks/members/deeds.ts';
import { HOSTILE, Scene } from './support/scene.ts';

afterEach(closeAll);

describe('a member whose signatures are wrong, beside shipped clients', () => {
  it.each([
    ['on its keys', wrongAdvertisement],
    ['on keys in the name of another member', inTheNameOf(3)],
  ])('%s: it is named and left out, and the round of the others is exact', async (_, send) => {
    const scene = await Scene.open();
    const hostile = await scene.hostile({ send });
    const report = await scene.begin().expectExact([]);
    expect(report.drops).toMatchObject([{ member: HOSTILE, reason: 'identity-signature', effect: 'before-input' }]);
    expect(hostile.refusals).toEqual(['identity-signature']);
    await scene.expectAlive();
  });

  it('on the survivor set: it is named, and its input stays in an exact sum', async () => {
    const scene = await Scene.open();
    await scene.hostile({ send: wrongConsistency });
    const report = await scene.begin().expectExact([HOSTILE]);
    expect(report.drops).toMatchObject([{ member: HOSTILE, reason: 'identity-signature', effect: 'after-input' }]);
    await scene.expectAlive();
  });

  it('on its Hello, in its own name or with its own key in another’s: it gets no seat, and takes none', async () => {
    const scene = await Scene.open({ cohort: 8 });
    const keys = membership.identities.get(memberId(HOSTILE))!;
    const flipped = (who: ReturnType<ReturnType<typeof memberHello>>): typeof who => {
      const signature = who.who.signature.slice();
      signature[5]! ^= 1;
      return { ...who, who: { ...who.who, signature } };
    };
    const another = memberId(12);
    for (const make of [
      (challenge: Uint8Array, address: string) => flipped(memberHello(HOSTILE, keys)(challenge, address)),
      (challenge: Uint8Array, address: string) => memberHello(2, keys)(challenge, address),
      (challenge: Uint8Array, address: string) => memberHello(another + 1, keys)(challenge, address),
      // Signed for another coordinator, whose challenge is passed on here.
      (challenge: Uint8Array) => memberHello(HOSTILE, keys)(challenge, 'http://elsewhere.example/'),
    ]) {
      const peer = scene.peer();
      const refusal = await peer.send(await peer.hello(make));
      expect(['identity-signature', 'identity-unknown', 'coordinator-address']).toContain(refusal);
      await peer.ended;
      expect(decodeAbort(await peer.next('abort')).code).toBe(refusal);
    }
    // A Hello of its own that answers another connection's challenge.
    const [mine, other] = [scene.peer(), scene.peer()];
    const hello = await mine.hello(memberHello(HOSTILE, keys));
    await other.next('challenge');
    expect(await other.send(hello)).toBe('session-mismatch');
    mine.close();
    expect(scene.hall.members.filter((what) => what.endsWith(` ${HOSTILE}`))).toEqual([]);
    await scene.begin().expectExact([]);
    await scene.expectAlive();
  });
});
