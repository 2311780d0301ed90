import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { endAll, ROOT, Running } from '../e2e/support/running.ts';
import { pack } from './support/packed.ts';

// A new user's first hour, as docs/first-hour.md tells it: an empty folder, the packed package, own processes. Nobody
// opens a declaration file, nobody interrupts anything, and every process ends by itself with exit code 0.

// A registry may be asked, and eight processes start.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let folder: string;
let project: string;
let tarballs: string;
let port: number;
let commands: readonly string[];

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return address.port;
}

/** A block of commands as it stands; the package comes from its tarball, and the port is one that no other test has. */
function shell(block: string): Running {
  const text = block.replace('npm install cairn-fl', `npm install ${tarballs}`).replaceAll('8080', String(port));
  // The settings are those of our own checks: no install scripts, and from the cache where it has what is asked for.
  const env = { npm_config_ignore_scripts: 'true', npm_config_prefer_offline: 'true' };
  return new Running('sh', ['-ec', text], { cwd: project, env, group: true });
}

async function done(running: Running): Promise<readonly string[]> {
  expect(await running.exited, running.output).toEqual({ code: 0, signal: null });
  return running.stdout;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-first-hour-'));
  project = await mkdtemp(join(folder, 'project-'));
  tarballs = [...(await pack(folder)).values()].join(' ');
  port = await freePort();
  const text = await readFile(join(ROOT, 'docs/first-hour.md'), 'utf8');
  commands = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) => block!);
});

afterAll(async () => {
  await endAll();
  await rm(folder, { recursive: true, force: true });
});

describe('the first hour', () => {
  it('installs the package without scripts, and copies an example out of it', async () => {
    expect(commands).toHaveLength(7);
    await done(shell(commands[0]!));
    const [line] = await done(shell('npx cairn explain below-threshold'));
    expect(line).toBe('below-threshold: too few members remain to open the sum');
    const config = join(project, 'coordinator.json');
    await writeFile(config, (await readFile(config, 'utf8')).replace('8080', String(port)));
  });

  it('trains a model over three tables, and every process ends by itself', async () => {
    const coordinator = shell(commands[1]!);
    await coordinator.line('stderr', (line) => line.startsWith('listening on '));
    const hospitals = commands.slice(2, 5).map(shell);
    for (const running of [...hospitals, coordinator]) await done(running);
    expect((await stat(join(project, 'model.safetensors'))).size).toBeGreaterThan(1000);
    const [found] = await done(shell(commands[5]!));
    const [, accuracy, rows] = /^accuracy (\S+), loss \S+ over (\d+) rows$/.exec(found!)!;
    expect(Number(accuracy)).toBeGreaterThan(0.9);
    expect(Number(rows)).toBe(49);
  });

  it('shows the shapes that the configuration has', async () => {
    const [shapes] = await done(shell(commands[6]!));
    const { tasks } = JSON.parse(await readFile(join(project, 'coordinator.json'), 'utf8')) as {
      readonly tasks: readonly { readonly model: { readonly tensors: unknown } }[];
    };
    expect(JSON.parse(shapes!)).toEqual(tasks[0]!.model.tensors);
  });

  it('shows the error that the document shows, with exit code 1, for a field that is empty', async () => {
    const text = await readFile(join(ROOT, 'docs/first-hour.md'), 'utf8');
    const [, shown] = /^```\n(cairn: .*)\n```/m.exec(text)!;
    const table = join(project, 'hospital-1.csv');
    const lines = (await readFile(table, 'utf8')).split('\n');
    const fields = lines[3]!.split(',');
    fields[lines[0]!.split(',').indexOf('mean_area')] = '';
    lines[3] = fields.join(',');
    await writeFile(table, lines.join('\n'));
    const running = shell(commands[2]!);
    expect((await running.exited).code).toBe(1);
    expect(running.stderr).toEqual([shown]);
  });
});
