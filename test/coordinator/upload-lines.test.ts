import { afterEach, describe, expect, it } from 'vitest';
import type { App } from '../../client/app.ts';
import type { ParticipationEvent } from '../../client/events.ts';
import { join } from '../../client/index.ts';
import { HEADER_LENGTH } from '../../protocol/wire/header.ts';
import { memberId } from '../../protocol/ids.ts';
import { Relay } from '../support/relay.ts';
import { closeAll, type Hall, membership, openHall } from './support/hall.ts';

/*
 * What happened to people: in a loaded run of 1 000 members, interrupted uploads began again from zero 722 times. Over a
 * line that breaks more often than a vector takes they would do so until the deadline.
 */

/** Parameters of a model whose masked vectors take ten parts. */
const DIMENSION = 1_000_000;

/** Bytes after which every connection breaks: three parts of the ten, or a little less. */
const LINE = 3 * 262_144 + 100_000;

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const { close } of open.splice(0).reverse()) await close();
  await closeAll();
});

describe('a long vector over a bad connection', () => {
  it('arrives even if no connection lasts for half of it, and hardly any part is sent twice', async () => {
    let hall: Hall | undefined = undefined;
    const relay = await Relay.open(
      () => Number(new URL(hall!.coordinator.url).port),
      (request) => (request.startsWith('GET /socket.io/') ? { after: LINE, direction: 'up' } : undefined),
    );
    open.push({ close: () => relay.close() });
    const model = { tensors: { w: [DIMENSION] }, seed: 1 };
    hall = await openHall({ model, clip: 10_000 }, { config: { publicUrls: [relay.url], uploads: { atOnce: 2 } } });
    const app: App<null> = {
      shapes: { w: [DIMENSION] },
      data: () => null,
      train: ({ w }) =>
        Promise.resolve({ parameters: { w: w!.map((value) => value + 0.5) }, examples: 10, loss: 1, accuracy: 0.5 }),
    };
    const events: ParticipationEvent[] = [];
    for (let member = 1; member <= 4; member++) {
      const client = join(relay.url, app, {
        identity: { member, keys: membership.identities.get(memberId(member))! },
        authorityKey: membership.authority.publicKey,
        policy: { minCohort: 2, colluding: 0.2 },
        reconnectDelayMs: 1,
        onEvent: (event) => events.push(event),
      });
      open.push({ close: () => client.leave() });
    }
    await hall.coordinator.finished;
    expect(hall.reports).toMatchObject([{ attempt: 1, outcome: 'committed', included: 4, drops: [] }]);
    expect(events.filter(({ kind }) => kind === 'refused')).toEqual([]);
    const vectors = events.flatMap((event) =>
      event.kind === 'sent' && event.message === 'maskedInput' ? [event.bytes] : [],
    );
    expect(vectors).toHaveLength(4);
    const total = vectors.reduce((sum, bytes) => sum + bytes, 0);
    expect(total).toBeGreaterThan(4 * (HEADER_LENGTH + 2 * DIMENSION));
    // Each connection loses at most the part that it broke in, and those that were on their way behind it.
    expect(relay.cuts).toBeGreaterThanOrEqual(8);
    expect(relay.passed).toBeLessThan(1.6 * total);
  });
});
