import { afterEach, describe, expect, it } from 'vitest';
import type { App } from '../../client/app.ts';
import { join } from '../../client/index.ts';
import type { ParticipationEvent } from '../../client/events.ts';
import type { Participation } from '../../client/participation.ts';
import { memberId } from '../../protocol/ids.ts';
import { chanceOf } from '../soak/chance.ts';
import { Relay } from '../support/relay.ts';
import { closeAll, type Hall, membership, openHall } from './support/hall.ts';

/*
 * What happened to people: one cut connection, 0.6 s after the round had begun, lost the client the whole attempt of 120 s;
 * on a flaky line that happened in 14 of 20 attempts.
 */

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const { close } of open.splice(0).reverse()) await close();
  await closeAll();
});

const isModel = (request: string): boolean => request.startsWith('GET /v1/models/');
const isDirectory = (request: string): boolean => request.startsWith('GET /v1/directory');

/** A coordinator, and the bad line that all its members have to it. */
async function behindRelay(
  task: Readonly<Record<string, unknown>>,
  fateOf: Parameters<typeof Relay.open>[1],
): Promise<{ hall: Hall; relay: Relay }> {
  let hall: Hall | undefined = undefined;
  const relay = await Relay.open(() => Number(new URL(hall!.coordinator.url).port), fateOf);
  open.push({ close: () => relay.close() });
  hall = await openHall(task, { config: { publicUrls: [relay.url] } });
  return { hall, relay };
}

/** Joins members 1 … 4 with an app that adds one. @returns what they tell */
function enter(url: string, length: number): ParticipationEvent[] {
  const events: ParticipationEvent[] = [];
  const app: App<null> = {
    shapes: { w: [length] },
    data: () => null,
    train: ({ w }) =>
      Promise.resolve({ parameters: { w: w!.map((value) => value + 1) }, examples: 10, loss: 1, accuracy: 0.5 }),
  };
  for (let member = 1; member <= 4; member++) {
    const client: Participation = join(url, app, {
      identity: { member, keys: membership.identities.get(memberId(member))! },
      authorityKey: membership.authority.publicKey,
      policy: { minCohort: 2, colluding: 0.2 },
      reconnectDelayMs: 1,
      onEvent: (event) => events.push(event),
    });
    open.push({ close: () => client.leave() });
  }
  return events;
}

describe('a model over a bad connection', () => {
  it('arrives within its round although every connection breaks, and no byte is sent twice', async () => {
    const length = 100_000;
    const model = { tensors: { w: [length] }, seed: 1 };
    const { hall, relay } = await behindRelay({ model, clip: 1000 }, (request) =>
      isModel(request) ? { after: 40_000, direction: 'down' } : undefined,
    );
    const events = enter(relay.url, length);
    await hall.coordinator.finished;
    expect(hall.reports).toMatchObject([{ attempt: 1, outcome: 'committed', included: 4, drops: [] }]);
    expect(events.filter(({ kind }) => kind === 'refused')).toEqual([]);
    // 400 kB and some for each of four, of which the last stretch is not cut.
    expect(relay.cuts).toBeGreaterThanOrEqual(4 * 9);
    expect(relay.passed).toBeGreaterThan(4 * 4 * length);
    expect(relay.passed).toBeLessThan(4 * 4 * length * 1.15);
  });

  it('and the member directory that its round is under: each member’s first three downloads of it break', async () => {
    const model = { tensors: { w: [64] }, seed: 1 };
    let asked = 0;
    const { hall, relay } = await behindRelay({ model }, (request) =>
      isDirectory(request) && ++asked <= 12 ? { after: 500, direction: 'down' } : undefined,
    );
    const events = enter(relay.url, 64);
    await hall.coordinator.finished;
    expect(hall.reports).toMatchObject([{ attempt: 1, outcome: 'committed', included: 4, drops: [] }]);
    expect(events.filter(({ kind }) => kind === 'refused')).toEqual([]);
    expect(relay.cuts).toBe(12);
  });

  it('arrives in twenty of twenty attempts if two of three downloads break, before their headers or after', async () => {
    const chance = chanceOf(1, 'a flaky line');
    const model = { tensors: { w: [64] }, seed: 1 };
    const { hall, relay } = await behindRelay({ model, rounds: 20 }, (request) =>
      isModel(request) && chance() < 2 / 3 ? { after: Math.floor(1200 * chance()), direction: 'down' } : undefined,
    );
    const events = enter(relay.url, 64);
    await hall.coordinator.finished;
    expect(hall.reports.map(({ attempt, outcome, included }) => ({ attempt, outcome, included }))).toEqual(
      Array.from({ length: 20 }, () => ({ attempt: 1, outcome: 'committed', included: 4 })),
    );
    expect(events.filter(({ kind }) => kind === 'refused')).toEqual([]);
    expect(relay.cuts).toBeGreaterThan(20);
  });
});
