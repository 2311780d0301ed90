import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoundReport } from '../../coordinator/index.ts';
import { cairn, type Exit, ROOT, Running } from './support/running.ts';
import { CoordinatorProcess, World } from './support/world.ts';

let world: World;

beforeEach(async () => {
  world = await World.create();
  // A copy: what the coordinator keeps lies beside its configuration file.
  await cp(join(ROOT, 'examples/own-model'), world.path('own-model'), { recursive: true });
});

afterEach(() => world.end());

const clinic = (url: string, number: number, args: readonly string[]): Running =>
  cairn(['join', url, '--app', world.path('own-model/app.mjs'), ...args], {
    env: { CLINIC_CSV: world.path(`own-model/clinic-${number}.csv`) },
  });

async function reportsOf(coordinator: CoordinatorProcess): Promise<RoundReport[]> {
  expect(await coordinator.running.exited).toEqual({ code: 0, signal: null });
  return coordinator.running.stdout.map((line) => JSON.parse(line) as RoundReport);
}

function members(...args: readonly string[]): Running {
  return new Running(process.execPath, [join(ROOT, 'examples/members.mjs'), ...args]);
}

describe('examples/own-model', () => {
  it('commits its twenty rounds over three clinics, gets better, and says where the model is', async () => {
    const coordinator = await CoordinatorProcess.start([world.path('own-model/coordinator.json'), '--port', '0']);
    const clients = [1, 2, 3].map((i) => clinic(coordinator.url, i, ['--name', `clinic-${i}`, '--accept-curious']));
    const reports = await reportsOf(coordinator);
    expect(reports.map(({ round, outcome }) => `${round} ${outcome}`)).toEqual(
      Array.from({ length: 20 }, (_, i) => `${i + 1} committed`),
    );
    const [first, last] = [reports[0], reports[19]];
    expect(last.accuracy).toBeGreaterThan(first.accuracy!);
    expect(last.loss).toBeLessThan(first.loss! / 2);
    const model = /^all rounds of risk have committed; its model: (.+)$/m.exec(coordinator.running.stderr.join('\n'));
    expect((await stat(model![1])).isFile()).toBe(true);
    for (const client of clients) client.kill('SIGINT');
    for (const client of clients) expect(await client.exited).toMatchObject({ code: 130 });
    expect(clients[0].stderr.at(-1)).toBe('left after 20 rounds with this client’s update, 0 without');
  });
});

describe('examples/members.mjs', () => {
  it('makes members for rounds that do not trust the coordinator', async () => {
    const folder = world.path('members');
    const names = ['anna', 'ben', 'cleo'];
    const made = members(folder, ...names);
    expect(await made.exited).toMatchObject({ code: 0 });
    expect((await readdir(folder)).sort()).toEqual([
      'anna.identity.json',
      'ben.identity.json',
      'cleo.identity.json',
      'members.directory',
    ]);

    const path = world.path('own-model/coordinator.json');
    const text = (await readFile(path, 'utf8')).replace('"curious"', '"active"');
    await writeFile(path, text.replace('{', `{ ${made.stdout[0]},`));
    const coordinator = await CoordinatorProcess.start([path, '--port', '0']);
    for (const [i, name] of names.entries())
      clinic(coordinator.url, i + 1, ['--identity', join(folder, `${name}.identity.json`)]);
    const reports = await reportsOf(coordinator);
    expect(reports).toHaveLength(20);
    expect(reports.every(({ included, members: { consistent } }) => included === 3 && consistent === 3)).toBe(true);
  });

  it('overwrites nothing, and says in one line how it is used', async () => {
    const run = async (...args: readonly string[]): Promise<Exit & { stderr: readonly string[] }> => {
      const running = members(...args);
      return { ...(await running.exited), stderr: running.stderr };
    };
    const here = await run(world.folder, 'anna', 'ben', 'cleo');
    expect(here).toMatchObject({ code: 2, stderr: [expect.stringContaining('choose a folder that does not exist')] });
    expect(await readdir(world.folder)).toEqual(['own-model']);
    expect(await run()).toMatchObject({ code: 2, stderr: [expect.stringContaining('usage:')] });
    expect(await run(world.path('m'), 'anna', 'anna', 'cleo')).toMatchObject({ code: 2 });
    expect(await run(world.path('m'), '../anna', 'ben', 'cleo')).toMatchObject({ code: 2 });
  });
});
