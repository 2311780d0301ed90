import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoundReport } from '../../coordinator/index.ts';
import { ROOT, Running } from './support/running.ts';
import { CoordinatorProcess, World } from './support/world.ts';

let world: World;

beforeEach(async () => {
  world = await World.create();
});

afterEach(() => world.end());

/** The one block of JavaScript in the README: what somebody copies to bring a model and data. */
async function example(): Promise<string> {
  const text = await readFile(join(ROOT, 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
  expect(blocks).toHaveLength(1);
  return blocks[0]!;
}

describe('the README', () => {
  it('brings a model and data in under 40 lines', async () => {
    expect((await example()).trimEnd().split('\n').length).toBeLessThan(40);
  });

  it('shows code that takes part as it stands: three copies of it commit every round, and end by themselves', async () => {
    const code = await example();
    const config = join(ROOT, 'examples/own-model/coordinator.json');
    const copy = world.path('coordinator.json');
    await writeFile(copy, await readFile(config, 'utf8'));
    const coordinator = await CoordinatorProcess.start([copy, '--port', '0']);
    const clients: Running[] = [];
    for (const clinic of [1, 2, 3]) {
      // The package, the data and the address are where a user has them; nothing else is changed.
      const changed = code
        .replace(`'cairn-fl/client'`, `'${pathToFileURL(join(ROOT, 'dist/client/index.js')).href}'`)
        .replace(`'patients.csv'`, `'${join(ROOT, `examples/own-model/clinic-${clinic}.csv`)}'`)
        .replace('http://127.0.0.1:8080', coordinator.url);
      expect(changed).not.toContain('8080');
      const file = world.path(`app-${clinic}.mjs`);
      await writeFile(file, changed);
      clients.push(new Running(process.execPath, [file]));
    }
    expect(await coordinator.running.exited).toEqual({ code: 0, signal: null });
    const [measured, ...reports] = coordinator.running.stdout.map((line) => JSON.parse(line) as RoundReport);
    expect(measured!.outcome).toBe('measured');
    expect(reports.map(({ round, outcome }) => `${round} ${outcome}`)).toEqual(
      Array.from({ length: 20 }, (_, i) => `${i + 1} committed`),
    );
    expect(reports[19]!.loss).toBeLessThan(reports[0]!.loss! / 1.5);
    for (const client of clients) expect(await client.exited).toEqual({ code: 0, signal: null });
  });
});
