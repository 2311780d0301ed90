import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client, TINY_APP } from './support/client.ts';
import { cairnOnce, ROOT } from './support/running.ts';
import { World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await World.create();
  await world.enrol(4);
});

afterAll(() => world.end());

/** Nobody listens on the port of a server that has closed. */
const NOBODY = 'http://127.0.0.1:1';

async function policyFile(name: string, policy: unknown): Promise<string> {
  const path = world.path(name);
  await writeFile(path, typeof policy === 'string' ? policy : JSON.stringify(policy));
  return path;
}

describe('cairn join --policy', () => {
  const say = async (policy: unknown, ...args: readonly string[]) => {
    const file = await policyFile('refused.json', policy);
    return cairnOnce(['join', NOBODY, '--app', TINY_APP, '--policy', file, ...args]);
  };

  it.each<[string, unknown, readonly string[], number, string, string]>([
    ['has an unknown key', { minCohrt: 3 }, [], 3, 'config-unknown-key', 'did you mean "minCohort"?'],
    ['has a value that is not allowed', { colluding: 2 }, [], 3, 'config-invalid', 'colluding: expected less than 1'],
    ['is no JSON', '{ "minCohort": 3, }', [], 3, 'config-unreadable', 'refused.json is not JSON'],
    ['differs from the command line', { minCohort: 3 }, ['--min-cohort', '2'], 2, 'usage', '--min-cohort contradicts'],
    ['is stricter than it', { adversary: 'active' }, ['--accept-curious'], 2, 'usage', '--accept-curious contradicts'],
    ['fears an active coordinator, without an identity', {}, [], 2, 'usage', '--identity FILE'],
    [
      'names other tasks than those asked for',
      { adversary: 'curious', tasks: ['a'] },
      ['--task', 'b'],
      3,
      'config-invalid',
      'tasks: "b" is not allowed by the policy',
    ],
  ])('with a file that %s ends in one line', async (_, policy, args, exit, code, words) => {
    const { code: ended, stderr } = await say(policy, ...args);
    expect(stderr).toHaveLength(1);
    expect(stderr[0]).toMatch(new RegExp(`^cairn: .+ \\[${code}\\] — .+`));
    expect(stderr[0]).toContain(words);
    expect(ended).toBe(exit);
  });

  it('with a file that is not there ends in one line', async () => {
    const { code, stderr } = await cairnOnce(['join', NOBODY, '--policy', world.path('none.json')]);
    expect(stderr).toHaveLength(1);
    expect(stderr[0]).toContain(`there is no policy file ${world.path('none.json')} [config-unreadable]`);
    expect(code).toBe(3);
  });

  it('says in its help what a policy file may say', async () => {
    const { code, stdout } = await cairnOnce(['join', '--help']);
    expect(code).toBe(0);
    const example = JSON.parse(await readFile(join(ROOT, 'examples/policy.json'), 'utf8')) as object;
    for (const key of Object.keys(example)) expect(stdout.join('\n')).toMatch(new RegExp(`^ +${key} `, 'm'));
    expect(stdout.join('\n')).toContain('--accept-lost-memory');
  });
});

describe('a member with a policy of one round a day', () => {
  it('takes part once, refuses from then on, also after a restart, and the coordinator’s report names why', async () => {
    const coordinator = await world.coordinator({ cohort: 4, quorum: 4, adversary: 'active', minCohort: 3 });
    for (const member of [1, 2, 3]) world.member(coordinator.url, member);
    const policy = await policyFile('once.json', { maxRoundsPerDay: 1 });
    const start = (): Client => new Client(coordinator.url, ['--identity', world.identity(4), '--policy', policy]);
    const first = start();
    expect((await coordinator.report(1)).drops).toEqual([]);
    expect(await first.event('refused')).toMatchObject({ round: 2, code: 'policy-rounds-per-day' });
    const drop = { member: 4, state: 'advertise-keys', reason: 'policy-rounds-per-day', effect: 'before-input' };
    expect((await coordinator.report(2)).drops).toMatchObject([drop]);
    await first.sigkill();
    const record = `${world.identity(4)}.rounds`;
    expect((await stat(record)).mode & 0o777).toBe(0o600);
    const second = start();
    await second.event('refused');
    expect(second.events.filter(({ kind }) => kind === 'committed')).toEqual([]);
  });
});
