import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROOT, Running } from './support/running.ts';

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
});
