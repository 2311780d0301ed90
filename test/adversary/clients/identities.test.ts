import { afterEach, describe, expect, it } from 'vitest';
import { memberId } from '../../../protocol/ids.ts';
import { decodeAbort } from '../../../protocol/wire/messages/abort.ts';
import { messageName, type MessageName } from '../../../protocol/wire/header.ts';
import { closeAll, membership } from '../../coordinator/support/hall.ts';
import { until } from '../../coordinator/support/until.ts';
import { HOSTILE, Scene } from './support/scene.ts';

afterEach(closeAll);

describe('a member that is not one, beside shipped clients', () => {
  it('two sessions under one identity: the older is told and ended, one of them counts, and the sum is exact', async () => {
    const scene = await Scene.open();
    const older = scene.peer();
    await older.greetAs(HOSTILE, membership.identities.get(memberId(HOSTILE))!);
    await scene.hostile({});
    await older.ended;
    expect(decodeAbort(await older.next('abort')).code).toBe('refused');
    await scene.begin().expectExact([HOSTILE]);
    await scene.expectAlive();
  });

  it('two sessions under one identity that take the seat from each other all through a round: it goes on without', async () => {
    const scene = await Scene.open({ task: { deadlines: { advertiseKeys: 1 } } });
    const keys = membership.identities.get(memberId(HOSTILE))!;
    let going = true;
    let taken = 0;
    const war = async (): Promise<void> => {
      while (going) {
        const peer = scene.peer();
        // Who is refused its seat never gets a welcome, and whose connection ends meanwhile no answer.
        await Promise.race([peer.greetAs(HOSTILE, keys).catch(() => peer.ended), peer.ended]);
        taken++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const wars = [war(), war()];
    await until(() => taken > 4);
    const report = await scene.begin().expectExact([]);
    expect(report.drops.every(({ member }) => member === HOSTILE)).toBe(true);
    going = false;
    await Promise.all(wars);
    await scene.expectAlive();
  });

  it('replays every message of an earlier round: all are refused, and the next round is exact', async () => {
    const scene = await Scene.open({ task: { rounds: 2, deadlines: { advertiseKeys: 1 } } });
    const recorded = new Map<MessageName, Uint8Array>();
    const hostile = await scene.hostile({
      send(name, bytes) {
        const old = recorded.get(name);
        if (old === undefined) recorded.set(name, bytes.slice());
        return old ?? bytes;
      },
    });
    scene.begin();
    await until(() => scene.hall.reports.filter(({ outcome }) => outcome === 'committed').length === 2);
    const [first, second] = scene.hall.reports;
    expect(first).toMatchObject({ round: 1, included: 9, drops: [] });
    expect(second).toMatchObject({ round: 2, included: 8 });
    expect(hostile.refusals).toEqual(['session-mismatch']);
    await scene.expectAlive();
  });

  it('sends what only a coordinator sends, and answers what nobody asked: nothing changes for the others', async () => {
    const scene = await Scene.open();
    const heard: Uint8Array[] = [];
    const hostile = await scene.hostile({
      send(name, bytes, client) {
        // Its own message first, and then everything that it has heard or said so far, back to the coordinator.
        heard.push(bytes);
        for (const each of [...client.received, ...heard.slice(0, -1)]) {
          // What is still on its way when the test ends has no answer.
          void client.sendRaw(each).then(
            (code) => expect(code).toBeDefined(),
            () => undefined,
          );
        }
        expect(messageName(bytes)).toBe(name);
        return bytes;
      },
    });
    await scene.begin().expectExact([HOSTILE]);
    await until(() => hostile.end !== undefined);
    expect(hostile.end).toMatchObject({ kind: 'committed', included: true });
    await scene.expectAlive();
  });
});
