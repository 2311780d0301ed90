import { readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT, Running } from './support/running.ts';
import { World } from './support/world.ts';

let world: World;

beforeEach(async () => {
  world = await World.create();
});

afterEach(() => world.end());

const SCRIPT = `
import { CairnError, PROTOCOL_VERSION } from 'cairn-fl/protocol';
import { join } from 'cairn-fl/client';
import { createCoordinator } from 'cairn-fl/coordinator';
import * as simulations from 'cairn-fl/simulations';
const kinds = [typeof CairnError, typeof PROTOCOL_VERSION, typeof join, typeof createCoordinator];
process.stdout.write([...kinds, Object.keys(simulations).length > 0].join(' ') + '\\n');
`;

async function run(command: string, args: readonly string[], cwd: string): Promise<readonly string[]> {
  const running = new Running(command, args, { cwd });
  expect(await running.exited, running.output).toEqual({ code: 0, signal: null });
  return running.stdout;
}

const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as { readonly version: string };

describe('the package', () => {
  it('gives npx cairn in the repository', async () => {
    expect(await run('npx', ['--no-install', 'cairn', '--version'], ROOT)).toEqual([version]);
  });

  it(
    'works from its tarball, with install scripts off: the command and every entry',
    { timeout: 300_000 },
    async () => {
      const project = world.path('project');
      await mkdir(project);
      await run('npm', ['pack', '--silent', '--pack-destination', world.folder], ROOT);
      const tarball = (await readdir(world.folder)).find((name) => name.endsWith('.tgz'))!;
      await writeFile(`${project}/package.json`, '{ "name": "project", "private": true, "type": "module" }');
      await run(
        'npm',
        ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', `../${tarball}`],
        project,
      );

      const [line] = await run('npx', ['--no-install', 'cairn', 'explain', 'below-threshold'], project);
      expect(line).toBe('below-threshold: too few members are left to open the sum');
      await writeFile(`${project}/entries.js`, SCRIPT);
      expect(await run(process.execPath, ['entries.js'], project)).toEqual(['function number function function true']);
    },
  );
});
