import { readFile, rm, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from './support/client.ts';
import { World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await World.create();
  await world.enrol(4);
});

afterAll(() => world.end());

describe('a member whose memory of its rounds is gone', () => {
  it('takes part in nothing and says why, until a person accepts that', async () => {
    const coordinator = await world.coordinator({ cohort: 4, quorum: 4, adversary: 'active', minCohort: 3 });
    for (const member of [1, 2, 3]) world.member(coordinator.url, member);
    const start = (...args: readonly string[]): Client =>
      new Client(coordinator.url, ['--identity', world.identity(4), ...args]);
    const first = start();
    await first.event('committed');
    await first.sigkill();
    const record = `${world.identity(4)}.rounds`;
    expect(JSON.parse(await readFile(world.identity(4), 'utf8'))).toMatchObject({ rounds: true });
    await rm(record);
    const second = start();
    expect(await second.event('failed')).toMatchObject({ code: 'memory-lost' });
    await expect(stat(record)).rejects.toThrow('ENOENT');
    const third = start('--accept-lost-memory');
    await third.event('committed');
    expect((await stat(record)).mode & 0o777).toBe(0o600);
  });
});
