import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { TINY_APP } from './support/client.ts';
import { cairn, endAll, ROOT, type Running } from './support/running.ts';
import { CoordinatorProcess, World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await World.create();
});

afterEach(endAll);
afterAll(() => world.end());

/** `cairn join` as a person runs it, without --json. */
const joins = (url: string, app: string): Running => cairn(['join', url, '--accept-curious', '--app', app]);

const refusalsOf = ({ stderr }: Running): string[] => stderr.filter((line) => line.includes(': refused ['));

/** An app that reads the task's options as the engine does. */
async function engineLike(): Promise<string> {
  const path = world.path('engine-like.mjs');
  const library = pathToFileURL(join(ROOT, 'dist/client/index.js')).href;
  await writeFile(
    path,
    `import { parseEngineOptions } from ${JSON.stringify(library)};
     export default {
       shapes: { w: [4] },
       data: () => [1],
       async train({ w }, rows, { options }) {
         parseEngineOptions(options);
         return { parameters: { w }, examples: rows.length, loss: 0.5, accuracy: 0.5 };
       },
     };`,
  );
  return path;
}

// One typo in the coordinator's `training` ended the process of every member, and each hospital had to start its own again.
it('a typo in the task’s training options ends no member, and its correction brings all of them back', async () => {
  const app = await engineLike();
  const task = { cohort: 3, quorum: 3, adversary: 'curious', attempts: 2, rounds: 2 };
  const typo = await CoordinatorProcess.start([
    await world.configure({ ...task, training: { epoch: 1 } }, { dataDir: 'typo' }),
  ]);
  const clients = [1, 2, 3].map(() => joins(typo.url, app));
  // More attempts than the task has: none of them counted.
  const report = await typo.report(1, 4);
  expect(report.drops.length).toBeGreaterThan(0);
  for (const { reason, state } of report.drops) expect([reason, state]).toEqual(['settings-invalid', 'advertise-keys']);
  typo.running.kill('SIGINT');
  await typo.running.exited;
  const port = typo.port;
  const right = await CoordinatorProcess.start([
    await world.configure({ ...task, training: { epochs: 1 } }, { port, dataDir: 'typo' }),
  ]);
  expect(await right.report(1)).toMatchObject({ outcome: 'committed', included: 3, drops: [] });
  for (const client of clients) {
    await client.line('stderr', (line) => line.includes('committed, your update is in the sum'));
    expect(refusalsOf(client)).toHaveLength(1);
    expect(refusalsOf(client)[0]).toMatch(
      /refused \[settings-invalid\] training: unknown option "epoch"; did you mean "epochs"\? — the fault is the coordinator’s/,
    );
  }
});

// The operator read "member-left" for all of it, and the member a TypeError within Cairn.
it('an app that returns nothing is named by its user’s output and by its class at the coordinator, and costs nobody else', async () => {
  const app = world.path('returns-nothing.mjs');
  await writeFile(app, 'export default { shapes: { w: [4] }, data: () => [1], train() {} };');
  const task = { cohort: 4, quorum: 4, minCohort: 3, adversary: 'curious', attempts: 1, rounds: 3 };
  const running = cairn(['coordinator', await world.configure(task, { dataDir: 'nothing' })]);
  const listening = await running.line('stderr', (text) => text.startsWith('listening on '));
  const url = /https?:\/\/[^;]+/.exec(listening)![0];
  const bad = joins(url, app);
  for (let good = 0; good < 3; good++) joins(url, TINY_APP);
  const line = await running.line('stdout', (text) => text.startsWith('round 1 '));
  expect(line).toMatch(/at advertise-keys \(app-failed, does not count\)/);
  await running.line('stdout', (text) => text.startsWith('round 3 '));
  expect(refusalsOf(bad)).toEqual([
    expect.stringMatching(
      /^round 1: refused \[app-failed\] the app’s train\(\) returned nothing; expected \{ parameters: .* — let train\(\) return/,
    ),
  ]);
});

it('a training that outlasts the deadline is told so, with the setting to change, and its update is used when it is done', async () => {
  const gate = world.path('slow');
  const task = { cohort: 3, quorum: 3, minCohort: 3, adversary: 'curious', attempts: 1000, rounds: 1 };
  const coordinator = await world.coordinator({ ...task, deadlines: { advertiseKeys: 0.5 } }, { dataDir: 'slow-data' });
  for (let i = 0; i < 2; i++) world.guest(coordinator.url);
  const args = ['join', coordinator.url, '--accept-curious', '--app', TINY_APP];
  const slow = cairn(args, { env: { TINY_GATE: gate } });
  const line = await slow.line('stderr', (text) => text.includes('abandoned'));
  expect(line).toContain('training takes longer than the round waits, and is still running');
  expect(line).toContain('deadlines.advertiseKeys');
  expect(slow.stderr.some((text) => text.includes('the update is kept'))).toBe(false);
  await writeFile(`${gate}-1`, '');
  await slow.line('stderr', (text) => text.includes('kept the update of 10 examples'));
  await slow.line('stderr', (text) => text.includes('committed, your update is in the sum'));
});
