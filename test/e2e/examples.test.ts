import { cp, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoundReport } from '../../coordinator/index.ts';
import { cairn, ROOT, type Running } from './support/running.ts';
import { CoordinatorProcess, World } from './support/world.ts';

let world: World;

beforeEach(async () => {
  world = await World.create();
  // A copy: what the coordinator keeps lies beside its configuration file.
  await world.install();
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

describe('examples/own-model', () => {
  it('commits its twenty rounds over three clinics, gets better, and says where the model is', async () => {
    const coordinator = await CoordinatorProcess.start([world.path('own-model/coordinator.json'), '--port', '0']);
    const clients = [1, 2, 3].map((i) => clinic(coordinator.url, i, ['--name', `clinic-${i}`, '--accept-curious']));
    const [measured, ...reports] = await reportsOf(coordinator);
    expect(measured!.outcome).toBe('measured');
    expect(reports.map(({ round, outcome }) => `${round} ${outcome}`)).toEqual(
      Array.from({ length: 20 }, (_, i) => `${i + 1} committed`),
    );
    const [first, last] = [reports[0], reports[19]];
    expect(last!.accuracy).toBeGreaterThan(first!.accuracy!);
    expect(last!.loss).toBeLessThan(first!.loss! / 2);
    const model = /^all rounds of risk have committed; its model: (.+)$/m.exec(coordinator.running.stderr.join('\n'));
    expect((await stat(model![1]!)).isFile()).toBe(true);
    for (const client of clients) expect(await client.exited).toEqual({ code: 0, signal: null });
    expect(clients[0]!.stderr.at(-1)).toBe('left after 20 rounds with this client’s update, 0 without');
  });
});
