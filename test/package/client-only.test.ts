import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCoordinator, MemoryStore, parseConfig } from '../../coordinator/index.ts';
import { Running } from '../e2e/support/running.ts';
import { pack, run } from './support/packed.ts';

// A registry may be asked, and compilers run.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

/** A member's whole program. */
const MEMBER = `
import { join } from '@cairn-fl/client';

const participation = join(process.argv[2], {
  shapes: { w: [2] },
  data: async () => [[1, 2]],
  train: async ({ w }) => ({ parameters: { w: w.map((x) => x + 1) }, examples: 1, loss: 0, accuracy: 0 }),
}, { policy: { adversary: 'curious' }});
const { tasks } = await participation.closed;
console.log(tasks.map(({ task, state }) => task + ' ' + state).join());
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-client-only-'));
  const tarballs = await pack(folder, ['protocol', 'training', 'platform', 'client']);
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await writeFile(join(folder, 'member.mjs'), MEMBER);
  await run('npm', ['install', '--ignore-scripts', '--prefer-offline', ...tarballs.values()], folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the client’s package alone', () => {
  it('installs nothing that a coordinator, the laboratory or the command needs', async () => {
    const installed = await readdir(join(folder, 'node_modules'));
    for (const name of [
      'express',
      'piscina',
      'pino',
      'prom-client',
      '@observablehq',
      'linkedom',
      'commander',
      'cairn-fl',
    ])
      expect(installed).not.toContain(name);
    expect((await readdir(join(folder, 'node_modules/@cairn-fl'))).sort()).toEqual([
      ...['client', 'platform', 'protocol', 'training'],
    ]);
  });

  it('takes part in every round of a task', async () => {
    const task = { name: 'toy', rounds: 2, cohort: 3, adversary: 'curious', unsafeOpenEnrolment: true };
    const config = parseConfig({ port: 0, tasks: [{ ...task, model: { tensors: { w: [2] } } }] });
    const coordinator = await createCoordinator({ config, store: new MemoryStore() });
    const members = [1, 2, 3].map(
      () => new Running(process.execPath, ['member.mjs', coordinator.url], { cwd: folder }),
    );
    for (const member of members) {
      expect(await member.exited, member.output).toEqual({ code: 0, signal: null });
      expect(member.stdout).toEqual(['toy finished']);
    }
    await coordinator.stop();
  });
});
