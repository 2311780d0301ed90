import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endAll, ROOT, Running } from './support/running.ts';

const USER = resolve(ROOT, 'test/e2e/support/lock-user.mjs');

/** No lock gets stale in this time: whoever takes one over knows that its holder is dead. */
const NEVER = { staleMs: 1e9, patienceMs: 1e8 };

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-lock-'));
  path = join(folder, 'me.json.rounds');
});

afterEach(async () => {
  await endAll();
  await rm(folder, { recursive: true, force: true });
});

const start = (deed: string, options: object = {}): Running =>
  new Running(process.execPath, [USER, deed, path, JSON.stringify(options)]);
const says = (running: Running, word: string): Promise<string> =>
  running.line('stdout', (line) => line.startsWith(word));
const go = (): Promise<void> => writeFile(`${path}.go`, '');
/** Lets a holder write. */
const finish = (which: number): Promise<void> => writeFile(`${path}.finish-${which}`, '');
const lockText = (): Promise<string> => readFile(`${path}.lock`, 'utf8');
const locks = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.includes('.lock'));

/** Asserts that nobody came in before the one before was out, or dead. */
async function expectAlone(): Promise<void> {
  const journal = (await readFile(`${path}.journal`, 'utf8')).trim().split('\n');
  for (let i = 0; i < journal.length; i += 2) {
    expect(journal[i]).toMatch(/^in \d+$/);
    expect(journal[i + 1]).toBe(journal[i]!.replace('in', 'out'));
  }
}

describe('several processes that count in one file', () => {
  it('lose no number under its lock', async () => {
    const all = Array.from({ length: 6 }, () => start('count', { times: 20, ...NEVER }));
    await Promise.all(all.map((one) => says(one, 'ready')));
    await go();
    expect(await Promise.all(all.map(({ exited }) => exited))).toEqual(all.map(() => ({ code: 0, signal: null })));
    expect(await readFile(path, 'utf8')).toBe('120');
    await expectAlone();
    expect(await locks()).toEqual([]);
  });

  it('lose numbers without it', async () => {
    const all = Array.from({ length: 3 }, () => start('countUnlocked'));
    await Promise.all(all.map((one) => says(one, 'read')));
    await go();
    await Promise.all(all.map(({ exited }) => exited));
    expect(await readFile(path, 'utf8')).toBe('1');
  });

  it('lose none while others die with the lock in their hands, and no lock outlives the last of them', async () => {
    const counting = Array.from({ length: 4 }, () => start('count', { times: 15, ...NEVER }));
    const dying = Array.from({ length: 5 }, () => start('die', NEVER));
    await Promise.all([...counting, ...dying].map((one) => says(one, 'ready')));
    await go();
    expect(await Promise.all(dying.map(({ exited }) => exited))).toEqual(
      dying.map(() => ({ code: null, signal: 'SIGKILL' })),
    );
    await Promise.all(counting.map(({ exited }) => exited));
    expect(await readFile(path, 'utf8')).toBe('60');
    await expectAlone();
    const last = start('count', NEVER);
    await last.exited;
    expect(await readFile(path, 'utf8')).toBe('61');
    expect(await locks()).toEqual([]);
  });
});

describe('a holder that was killed', () => {
  it('leaves its lock to the next one at once, however young it is', async () => {
    const first = start('hold', NEVER);
    await says(first, 'in');
    await first.end();
    expect(existsSync(`${path}.lock`)).toBe(true);
    const next = start('hold', { ...NEVER, among: 2 });
    await says(next, 'in');
    await finish(2);
    await next.exited;
    expect(await locks()).toEqual([]);
  });
});

describe('a holder that is stopped for longer than a sign of life may be missing', () => {
  it.runIf(process.platform === 'linux')('keeps its lock on its own machine, where it is known to live', async () => {
    const first = start('hold', { signMs: 10 });
    await says(first, 'in');
    first.kill('SIGSTOP');
    const second = start('hold', { among: 2, staleMs: 10, patienceMs: 300 });
    expect(await says(second, 'failed')).toMatch(new RegExp(`^failed folder-unwritable: .* process id ${first.pid}$`));
    first.kill('SIGCONT');
    await finish(1);
    await says(first, 'done');
    expect(await readFile(path, 'utf8')).toBe('by 1');
    expect(await locks()).toEqual([]);
  });

  /** One on another machine stops, and a second one takes its lock over. */
  async function takenOver(options: object): Promise<{ readonly first: Running; readonly second: Running }> {
    const first = start('hold', { machine: 'a', signMs: 10, ...options });
    await says(first, 'in');
    first.kill('SIGSTOP');
    const second = start('hold', { among: 2, machine: 'b', signMs: 10, staleMs: 100 });
    await says(second, 'in');
    return { first, second };
  }

  it('loses it to another machine, notices before it writes, and leaves the lock of its successor alone', async () => {
    const { first, second } = await takenOver({});
    const held = await lockText();
    first.kill('SIGCONT');
    await finish(1);
    expect(await says(first, 'failed')).toContain('failed lock-lost: ');
    expect((await first.exited).code).toBe(1);
    expect(existsSync(path)).toBe(false);
    expect(await lockText()).toBe(held);
    await finish(2);
    await says(second, 'done');
    expect(await readFile(path, 'utf8')).toBe('by 2');
    expect(await locks()).toEqual([]);
  });

  it('would write in its successor’s time if it did not look before; it is told of it at the end', async () => {
    const { first, second } = await takenOver({ careless: true });
    first.kill('SIGCONT');
    await finish(1);
    expect(await says(first, 'failed')).toContain('failed lock-lost: ');
    expect(await readFile(path, 'utf8')).toBe('by 1');
    await finish(2);
    await says(second, 'done');
  });
});

describe('a holder that is only slow', () => {
  it('gives signs of life, by which others on other machines know of it', async () => {
    const holder = start('hold', { machine: 'a', signMs: 10 });
    await says(holder, 'in');
    const signs = new Set<number>();
    while (signs.size < 4) {
      signs.add((await stat(`${path}.lock`)).mtimeMs);
      await sleep(5);
    }
    await finish(1);
    await says(holder, 'done');
  });
});
