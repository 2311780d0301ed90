import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fewMnist } from './support/mnist.ts';
import { cairn, groupIsEmpty, Running } from './support/running.ts';
import { World } from './support/world.ts';

let world: World;

beforeEach(async () => {
  world = await World.create();
});

afterEach(() => world.end());

describe('SIGINT', () => {
  it('ends a client with 130 after a goodbye: the coordinator does not wait for its return', async () => {
    await world.enrol(3);
    const coordinator = await world.coordinator({ cohort: 3, quorum: 3 }, { reconnectGraceMs: 600_000 });
    const client = world.member(coordinator.url, 1);
    await client.event('connected');
    expect(await client.sigint()).toEqual({ code: 130, signal: null });
    await coordinator.log('member-left', 1);
    expect(client.events.at(-2)).toEqual({ kind: 'left' });
    expect(client.events.at(-1)).toMatchObject({ kind: 'summary', member: 1, included: 0 });
  });

  it('in a round, costs the client its place and not the others theirs', async () => {
    await world.enrol(7);
    const task = { cohort: 7, quorum: 7, deadlines: { shareKeys: 5 } };
    const coordinator = await world.coordinator(task, { reconnectGraceMs: 600_000 });
    // One that hangs holds the round up, so that the other leaves in the middle of it.
    const [leaver, hung] = [4, 1, 2, 3, 5, 6, 7].map((member) =>
      world.member(coordinator.url, member, member === 1 ? { hold: 'share-keys' } : {}),
    );
    await hung!.hung();
    await leaver!.event('sent', ({ message }) => message === 'shareKeys');
    expect(await leaver!.sigint()).toEqual({ code: 130, signal: null });
    const report = await coordinator.report(1);
    expect(report).toMatchObject({ outcome: 'committed', included: 5 });
    expect([...report.drops].sort((a, b) => a.member - b.member)).toMatchObject([
      { member: 1, state: 'share-keys', effect: 'before-input' },
      { member: 4, state: 'share-keys', effect: 'before-input', reason: 'member-left' },
    ]);
  });

  it('ends a coordinator with 130, while a round is under way and while it waits', async () => {
    await world.enrol(3);
    const coordinator = await world.coordinator({ cohort: 3, quorum: 3 });
    const clients = [1, 2, 3].map((member) =>
      world.member(coordinator.url, member, { tiny: { gate: world.path('never') } }),
    );
    await Promise.all(clients.map((client) => client.event('training')));
    expect(await coordinator.stop('SIGINT')).toEqual({ code: 130, signal: null });
    expect(await coordinator.report(1)).toMatchObject({ outcome: 'abandoned', code: 'round-abandoned' });
    for (const client of clients) await client.event('disconnected');

    const idle = await world.coordinator({ cohort: 3, quorum: 3 });
    expect(await idle.stop('SIGINT')).toEqual({ code: 130, signal: null });
  });

  it('ends the demonstration with 130, in the middle of a round, and leaves no client process and no identity', async () => {
    const demo = cairn(['demo', '--clients', '4', '--kill', '0', '--rounds', '50', '--out', world.path('runs')], {
      group: true,
      env: { TMPDIR: world.folder, CAIRN_MNIST_DIR: await fewMnist(world.path('few'), 600) },
    });
    await demo.line('stdout', (line) => line.startsWith('round 1 '));
    expect((await readdir(world.folder)).some((name) => name.startsWith('cairn-'))).toBe(true);
    // To the whole group, as a terminal does: the clients hear it at the same moment.
    demo.kill('SIGINT');
    expect(await demo.exited).toEqual({ code: 130, signal: null });
    expect(groupIsEmpty(demo.pid)).toBe(true);
    expect((await readdir(world.folder)).filter((name) => name.startsWith('cairn-'))).toEqual([]);
    expect(demo.stderr.at(-1)).toBe('stopping: abandoning the current round, the clients leave');
    expect(existsSync(world.path('runs'))).toBe(true);
  });

  it('ends the clients of a demonstration although only the demonstration hears it', async () => {
    const demo = cairn(['demo', '--clients', '3', '--kill', '0', '--out', world.path('runs')], {
      group: true,
      env: { TMPDIR: world.folder, CAIRN_MNIST_DIR: await fewMnist(world.path('few'), 600) },
    });
    await demo.line('stderr', (line) => line.startsWith('MNIST'));
    process.kill(demo.pid, 'SIGINT');
    expect(await demo.exited).toEqual({ code: 130, signal: null });
    expect(groupIsEmpty(demo.pid)).toBe(true);
    expect((await readdir(world.folder)).sort()).toEqual(['few', 'runs']);
  });
});

describe('a reader that goes away', () => {
  it('ends a command quietly, as head does', async () => {
    const pipe = new Running('sh', ['-c', `"${process.execPath}" dist/cli.js explain | head -n 1`]);
    expect(await pipe.exited).toEqual({ code: 0, signal: null });
    expect(pipe.stdout).toHaveLength(1);
    expect(pipe.stderr).toEqual([]);
  });
});
