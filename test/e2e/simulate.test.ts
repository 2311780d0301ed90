import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cairn, cairnOnce, endAll, ROOT, Running } from './support/running.ts';

const COINS = join(ROOT, 'test/simulations/support/coins.mjs');
const ROUNDING = join(ROOT, 'examples/own-experiment/rounding.mjs');

let out: string;

beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'cairn-simulate-'));
});

afterEach(() => endAll());

afterAll(() => rmSync(out, { recursive: true, force: true }));

const simulate = (...args: readonly string[]): ReturnType<typeof cairnOnce> => cairnOnce(['simulate', ...args]);

const run = (...args: readonly string[]): ReturnType<typeof cairnOnce> => simulate(COINS, '--out', out, ...args);

describe('cairn simulate', () => {
  it('alone lists the experiments with a line and an estimate each', async () => {
    const { code, stdout } = await simulate();
    expect(code).toBe(0);
    for (const name of [
      'dropout',
      'selective-sharing',
      'gan-attack',
      'poisoning',
      'private-inference',
      'privacy-utility',
    ]) {
      const at = stdout.findIndex((line) => line.startsWith(`${name} `));
      expect(at, name).toBeGreaterThanOrEqual(0);
      expect(stdout[at + 1]).toMatch(/--preset quick: about \d+ (s|min); paper: about [\d.]+ (s|min|h), on two cores/);
    }
    const { stdout: json } = await simulate('--json');
    expect(JSON.parse(json.join(''))).toHaveLength(stdout.length / 2);
  });

  it('NAME --help shows its settings, with what quick makes of them', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    expect(stdout.join('\n')).toMatch(/--flips-each <value>\s+flips of each \(quick: \[10,20\]\)/);
  });

  it('prints the summary on stdout, and where the report is on stderr', async () => {
    const { code, stdout, stderr } = await run('--coins', '2', '--seed', '5');
    expect(code).toBe(0);
    expect(stdout).toContainEqual(expect.stringMatching(/^flips\s+4$/));
    expect(stderr.at(-1)).toMatch(/^report: .*report\.html$/);
  });

  it('--json prints one object with settings, results and timings, the same results for the same seed', async () => {
    const runs = await Promise.all([run('--json', '--set', 'coins=3'), run('--json', '--coins=3', '--threads', '1')]);
    const [one, two] = runs.map(({ stdout }) => JSON.parse(stdout.join('\n')) as Record<string, unknown>);
    expect(one).toMatchObject({ experiment: 'coins', seed: 1, settings: { coins: 3 }, flips: 6 });
    expect(two!['heads']).toEqual(one!['heads']);
    const summary = (folder: unknown): string => readFileSync(join(String(folder), 'summary.json'), 'utf8');
    expect(summary(two!['folder'])).toBe(summary(one!['folder']));
  });

  it('stops on Ctrl-C with what it has found, and goes on with --resume', async () => {
    const args = ['simulate', COINS, '--out', out, '--flips-each', '20000000,20000000', '--coins', '100'];
    const running = cairn(args);
    const line = await running.line('stderr', (text) => text.startsWith('run folder: '));
    const folder = line.slice('run folder: '.length);
    await running.line('stderr', (text) => text.startsWith('['));
    running.kill('SIGINT');
    expect(await running.exited).toEqual({ code: 130, signal: null });
    expect(running.stderr.at(-1)).toBe(`continue with: cairn simulate --resume ${folder}`);
    const stopped = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as Record<string, unknown>;
    expect(stopped['interrupted']).toBe(true);
    expect(stopped['flips']).toBeLessThan(200);
    for (const given of [
      ['--resume', folder, '--seed', '3'],
      ['--resume', folder, '--set', 'coins=3'],
      ['--again', folder, '--set', 'coins=3'],
    ]) {
      const { code, stderr } = await simulate(...given);
      expect(code).toBe(2);
      expect(stderr.at(-1)).toMatch(/settings, preset and seed come from the given folder/);
    }
  });

  it('of one’s own module goes on, and runs once more, by the folder alone, also where its path has spaces', async () => {
    const folderOf = (lines: readonly string[]): string =>
      lines.find((text) => text.startsWith('run folder: '))!.slice('run folder: '.length);
    const spaced = join(out, 'my runs');
    const running = cairn(['simulate', COINS, '--out', spaced, '--flips-each', '20000000', '--coins', '20']);
    await running.line('stderr', (text) => text.startsWith('['));
    running.kill('SIGINT');
    expect((await running.exited).code).toBe(130);
    const command = running.stderr.at(-1)!.slice('continue with: '.length);
    // As a shell reads it.
    const going = new Running('sh', ['-c', `cairn() { "$NODE" dist/cli.js "$@"; }; ${command}`], {
      env: { NODE: process.execPath },
    });
    expect(await going.exited, going.output).toEqual({ code: 0, signal: null });
    expect(going.stdout).toContainEqual(expect.stringMatching(/^flips\s+20$/));
    const folder = folderOf(running.stderr);
    expect(folderOf(going.stderr)).toBe(folder);
    const ended = await simulate('--resume', folder);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContainEqual(expect.stringMatching(/^the run had already ended/));
    expect(ended.stdout).toEqual(going.stdout);
    const again = await simulate('--again', folder, '--out', out);
    expect(again.code).toBe(0);
    expect(again.stdout).toEqual(going.stdout);
  });

  it('--again runs once more what a folder tells, to the same bytes', async () => {
    const first = JSON.parse((await run('--json', '--coins', '2', '--seed', '9')).stdout.join('')) as {
      folder: string;
    };
    const { stdout } = await run('--json', '--again', first.folder);
    const second = JSON.parse(stdout.join('')) as { folder: string };
    expect(second.folder).not.toBe(first.folder);
    const summary = (folder: string): string => readFileSync(join(folder, 'summary.json'), 'utf8');
    expect(summary(second.folder)).toBe(summary(first.folder));
  });

  it('runs the example of docs/experiments.md, in which each four bits more make the error sixteen times less', async () => {
    const { code, stdout } = await simulate(ROUNDING, '--out', out, '--json', '--repeats', '2');
    expect(code).toBe(0);
    const { rms } = JSON.parse(stdout.join('')) as { rms: Record<string, number> };
    expect(rms['8']! / rms['12']!).toBeGreaterThan(12);
    expect(rms['8']! / rms['12']!).toBeLessThan(20);
  });
});

describe('bad input to cairn simulate is one line that says what to do', () => {
  it.each<[string, readonly string[], number, string | RegExp]>([
    ['an unknown experiment', ['dropuot'], 2, 'did you mean "dropout"?'],
    ['an unknown option', [COINS, '--coin', '3'], 2, 'did you mean "--coins"?'],
    ['an unknown key', [COINS, '--set', 'flipseach=3'], 3, 'did you mean "flipsEach"?'],
    ['a key without value', [COINS, '--set', 'coins'], 2, 'expected key=value'],
    ['a key given twice', [COINS, '--set', 'coins=1', '--coins', '2'], 2, 'coins is given twice'],
    ['a value out of bounds', [COINS, '--coins', '5000'], 3, 'coins: expected at most 1000'],
    ['an unknown preset', [COINS, '--preset', 'huge'], 2, /quick, paper/],
    [
      'a module that is not there',
      ['./nowhere.mjs'],
      2,
      './nowhere.mjs cannot be loaded: there is no such file [usage]',
    ],
    ['a module without experiment', [join(ROOT, 'examples/own-model/app.mjs')], 2, 'does not export an experiment'],
    ['a folder that is no run', ['--resume', ROOT], 3, 'is not the record of a run'],
  ])('%s', async (_, args, exit, words) => {
    const { code, stderr, stdout } = await simulate(...args);
    expect(code, stderr.join('\n')).toBe(exit);
    expect(stderr.at(-1)).toMatch(/^cairn: .+ \[[a-z-]+\] — .+/);
    expect(stderr.at(-1)).toMatch(words);
    expect(stdout).toEqual([]);
  });

  it('a folder that cannot be written is said before anything runs', async () => {
    const file = join(out, 'file');
    writeFileSync(file, '');
    const { code, stderr } = await simulate(COINS, '--out', join(file, 'runs'));
    expect(code).toBe(3);
    expect(stderr.at(-1)).toMatch(/\[folder-unwritable\]/);
  });

  it('a missing data set is said before anything runs, with the command that installs it', async () => {
    const running = cairn(['simulate', 'gan-attack', '--out', out], { env: { CAIRN_MNIST_DIR: join(out, 'none') } });
    expect((await running.exited).code).toBe(1);
    expect(running.stderr.at(-1)).toMatch(/\[data-missing\] — /);
  });
});
