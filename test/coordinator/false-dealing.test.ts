import { afterEach, describe, expect, it } from 'vitest';
import { commitmentBytes } from '../../protocol/schemes/secagg/signatures.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { clientIndex, memberId } from '../../protocol/ids.ts';
import { messageName } from '../../protocol/wire/header.ts';
import { decodeShareKeys, encodeShareKeys } from '../../protocol/schemes/secagg/messages/share-keys.ts';
import { closeAll, membership, openHall } from './support/hall.ts';
import type { Script } from './support/scripted-client.ts';

afterEach(closeAll);

const LIAR = 2;

/** Commits to another seed than it shares in its first `times` rounds, and signs that. All members are in the roster. */
function dealsFalsely(times: number): Script {
  let left = times;
  return {
    send: (name, bytes) => {
      if (name !== 'shareKeys' || left-- <= 0) return bytes;
      const message = decodeShareKeys(bytes);
      const commitment = Uint8Array.from(message.commitment, (byte, i) => (i === 9 ? byte ^ 0x10 : byte));
      const signed = commitmentBytes(nodePrimitives, message.context, clientIndex(LIAR - 1), commitment);
      const { secretKey } = membership.identities.get(memberId(LIAR))!;
      const signature = nodePrimitives.ed25519Sign(secretKey.expose(), signed);
      return encodeShareKeys({ ...message, commitment, signature });
    },
  };
}

describe.each([6, 8, 12])('of %i members one deals falsely', (n) => {
  it('the others get the proof, and continue with their set without it', async () => {
    const hall = await openHall({ cohort: n, attempts: 2, minCohort: n - 2, rebaseAfter: 3600, maxRebases: 0 });
    const members = Array.from({ length: n }, (_, i) => i + 1);
    const clients = await Promise.all(
      members.map((member) => hall.join(member, member === LIAR ? dealsFalsely(9) : {})),
    );
    await hall.coordinator.finished;
    expect(hall.reports.map(({ outcome }) => outcome)).toEqual(['abandoned', 'committed']);
    expect(hall.reports[0]).toMatchObject({ code: 'secret-mismatch', members: { input: n } });
    expect(hall.reports[1]).toMatchObject({ included: n - 1, members: { invited: n - 1 } });
    const others = clients.filter(({ member }) => member !== LIAR);
    for (const { settings, received } of others) {
      expect(settings.map(({ repeat, rebases, minCohort }) => [repeat, rebases, minCohort])).toEqual([
        [0, 0, n - 2],
        [0, 0, n - 1],
      ]);
      const names = received.map(messageName);
      expect(names.filter((name) => name === 'falseDealing')).toHaveLength(1);
      expect(names.indexOf('falseDealing')).toBeGreaterThan(names.lastIndexOf('invitation'));
    }
    expect(clients.find(({ member }) => member === LIAR)!.settings).toHaveLength(1);
  });
});
