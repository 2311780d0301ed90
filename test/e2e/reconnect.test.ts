import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Proxy } from './support/proxy.ts';
import { CoordinatorProcess, World } from './support/world.ts';

let world: World;

beforeEach(async () => {
  world = await World.create();
});

afterEach(() => world.end());

/** Longer than a test may take: what happens within it does not happen because it is over. */
const FOREVER_MS = 600_000;

describe('a coordinator that is stopped between rounds', () => {
  it('goes on at the next round with the same model when it is started again, and its clients come back by themselves', async () => {
    await world.enrol(3);
    // A pause that no test outlives: every round after the first one of a process is the next process's first.
    const config = await world.configure({ rounds: 3, cohort: 3, quorum: 3, pause: 86_400 });
    let coordinator = await CoordinatorProcess.start([config]);
    const port = String(coordinator.port);
    const clients = [1, 2, 3].map((member) => world.member(coordinator.url, member));
    const stored = async (): Promise<unknown> => JSON.parse(await readFile(world.path('data/tasks/tiny.json'), 'utf8'));

    const first = await coordinator.report(1);
    expect(first).toMatchObject({ outcome: 'committed', included: 3, attempt: 1 });
    expect(await coordinator.stop('SIGINT')).toEqual({ code: 130, signal: null });
    for (const client of clients) await client.event('disconnected');
    expect(await stored()).toMatchObject({ round: 1, modelHash: first.modelHash });

    coordinator = await CoordinatorProcess.start([config, '--port', port]);
    const second = await coordinator.report(2);
    expect(second).toMatchObject({ outcome: 'committed', included: 3, attempt: 1, drops: [] });
    for (const client of clients) {
      expect(await client.event('committed')).toMatchObject({ round: 1, modelHash: first.modelHash });
      expect(await client.event('connected', ({ renewed }) => renewed)).toMatchObject({ kind: 'connected' });
    }
    expect(await coordinator.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await stored()).toMatchObject({ round: 2, modelHash: second.modelHash });

    coordinator = await CoordinatorProcess.start([config, '--port', port]);
    const third = await coordinator.report(3);
    expect(third).toMatchObject({ outcome: 'committed', included: 3, attempt: 1, drops: [] });
    expect(await coordinator.running.exited).toEqual({ code: 0, signal: null });
    expect(new Set([first, second, third].map(({ modelHash }) => modelHash)).size).toBe(3);
    // They used to seek the coordinator for ever: nobody told them that all was done.
    for (const client of clients) {
      expect(await client.exited).toEqual({ code: 0, signal: null });
      expect(client.running.stderr).toEqual(['left after 3 rounds with this client’s update, 0 without']);
      expect(client.events.at(-1)).toMatchObject({
        tasks: [{ task: 'tiny', state: 'finished', round: 3, modelHash: third.modelHash }],
      });
    }
  });
});

/** A coordinator of two rounds that members know by the addresses of two proxies: one that holds, and one to be cut. */
async function behindProxies(cohort: number, reconnectGraceMs: number) {
  const [road, proxy] = [await Proxy.open(), await Proxy.open()];
  const publicUrls = [road.url, proxy.url];
  const coordinator = await world.coordinator({ rounds: 2, cohort, quorum: cohort }, { reconnectGraceMs, publicUrls });
  road.target = coordinator.port;
  proxy.target = coordinator.port;
  return { coordinator, road, proxy };
}

describe('a client that loses its connection in a round', () => {
  it('stays in the round when it is back within the grace time, whatever the state', async () => {
    await world.enrol(3);
    const { coordinator, road, proxy } = await behindProxies(3, FOREVER_MS);
    const gate = world.path('gate');
    try {
      const [, , wanderer] = [
        world.member(road.url, 1, { tiny: { gate } }),
        world.member(road.url, 2),
        world.member(proxy.url, 3),
      ];
      // Its keys are advertised, and the round waits for the first member's training.
      await wanderer.event('sent', ({ message }) => message === 'advertiseKeys');
      proxy.cut();
      await wanderer.event('disconnected');
      await coordinator.log('member-back', 3);
      await writeFile(`${gate}-1`, '');
      expect(await coordinator.report(1)).toMatchObject({ outcome: 'committed', included: 3, drops: [] });

      // Then at the entrance of each state, while messages are on their way in both directions.
      const { mark } = wanderer;
      await writeFile(`${gate}-2`, '');
      for (const state of ['share-keys', 'masked-input', 'consistency-check', 'unmasking'] as const) {
        await wanderer.event('state', (event) => event.round === 2 && event.state === state, mark);
        proxy.cut();
      }
      expect(await coordinator.report(2)).toMatchObject({ outcome: 'committed', included: 3, drops: [] });
    } finally {
      await Promise.all([proxy.close(), road.close()]);
    }
  });

  it('is dropped when it is not back in time, and takes part in the next round', async () => {
    await world.enrol(4);
    const { coordinator, road, proxy } = await behindProxies(4, 50);
    const gate = world.path('gate');
    try {
      world.member(road.url, 1, { tiny: { gate } });
      for (const member of [2, 3]) world.member(road.url, member);
      const wanderer = world.member(proxy.url, 4);
      await wanderer.event('sent', ({ message }) => message === 'advertiseKeys');
      proxy.cut();
      await coordinator.log('member-left', 4);
      await writeFile(`${gate}-1`, '');
      const report = await coordinator.report(1);
      expect(report).toMatchObject({ outcome: 'committed', included: 3 });
      expect(report.drops).toMatchObject([{ member: 4, reason: 'member-left', effect: 'before-input' }]);
      await writeFile(`${gate}-2`, '');
      expect(await coordinator.report(2)).toMatchObject({ outcome: 'committed', included: 4, drops: [] });
      expect(await wanderer.event('committed', ({ round }) => round === 2)).toMatchObject({ included: true });
    } finally {
      await Promise.all([proxy.close(), road.close()]);
    }
  });
});

describe('a coordinator in the middle', () => {
  it('cannot pass a member’s signature on to another coordinator', async () => {
    await world.enrol(1);
    const coordinator = await world.coordinator({ cohort: 3 }, {});
    const middle = await Proxy.open();
    middle.target = coordinator.port;
    try {
      const client = world.member(middle.url, 1);
      expect(await client.running.exited).toMatchObject({ code: 3 });
      expect(client.running.stderr.at(-1)).toContain(
        `member 1 signed in at ${middle.url}/, which is not this coordinator`,
      );
      expect((await coordinator.status()).idle).toBe(0);
    } finally {
      await middle.close();
    }
  });
});
