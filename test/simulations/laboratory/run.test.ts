import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findExperiment } from '../../../cli/simulate/find.ts';
import type { CairnError } from '../../../protocol/errors.ts';
import { dropout } from '../../../simulations/experiments/dropout/index.ts';
import type { Conclusion } from '../../../simulations/laboratory/conclude.ts';
import type { Experiment } from '../../../simulations/laboratory/experiment.ts';
import { type Row, Series } from '../../../simulations/laboratory/series.ts';
import type { RunOptions } from '../../../simulations/laboratory/run-config.ts';
import { runExperiment } from '../../../simulations/laboratory/run.ts';
import { readSettings } from '../../../simulations/laboratory/settings.ts';

let out: string;
let coins: Experiment;

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), 'cairn-lab-'));
  coins = await findExperiment('./test/simulations/support/coins.mjs');
});

afterAll(() => rmSync(out, { recursive: true, force: true }));

const run = (given: Record<string, unknown> = {}, options: Partial<RunOptions> = {}): Promise<Conclusion> =>
  runExperiment(coins, readSettings(coins, { given }), { seed: 7, out, threads: 1, ...options });

/** A run that is stopped once it has that many rows. */
const stoppedAfter = (rows: number): Promise<Conclusion> => {
  const controller = new AbortController();
  const onProgress = ({ done }: { done: number }): unknown => done === rows && controller.abort(new Error('enough'));
  return run({}, { signal: controller.signal, onProgress });
};

const text = (conclusion: Conclusion, file: string): string => readFileSync(join(conclusion.folder, file), 'utf8');

describe('a run of an experiment', () => {
  it('leaves the same summary and the same rows, on one thread or on three', async () => {
    const one = await run();
    const three = await run({}, { threads: 3 });
    expect(text(three, 'summary.json')).toBe(text(one, 'summary.json'));
    for (const file of ['data/flips.jsonl', 'data/flips.csv']) expect(text(three, file)).toBe(text(one, file));
    expect(one.folder).not.toBe(three.folder);
  });

  it('depends on the seed', async () => {
    const [seven, eight] = [await run(), await run({}, { seed: 8 })];
    expect(eight.summary['heads']).not.toEqual(seven.summary['heads']);
  });

  it('leaves what is needed to run it again, tables, images, timings and a report', async () => {
    const done = await run({ coins: 2 }, { preset: 'quick' });
    expect(readdirSync(done.folder).sort()).toEqual([
      'checkpoints',
      'config.json',
      'data',
      'images',
      'report.html',
      'summary.json',
      'timings.json',
    ]);
    const config = JSON.parse(text(done, 'config.json')) as Record<string, unknown>;
    expect(config).toMatchObject({ experiment: 'coins', seed: 7, preset: 'quick', settings: { coins: 2 } });
    expect(config['command']).toBe(
      "cairn simulate coins --seed 7 --set coins=2 --set 'flipsEach=[10,20]' --set fair=true --set stopAfter=0",
    );
    expect(JSON.parse(text(done, 'timings.json'))).toMatchObject({ rows: 4, threads: 1, resumed: false });
    expect(readdirSync(join(done.folder, 'images'))).toEqual(['coin-0.png', 'coin-1.png']);
    expect(text(done, 'report.html')).toContain('data/flips.csv');
    expect(text(done, 'report.html')).not.toContain('stopped before its end');
  });

  it('that is stopped keeps what it found, and goes on to the very summary of one that was not', async () => {
    const stopped = await stoppedAfter(3);
    expect(stopped.interrupted).toBe(true);
    expect(stopped.summary).toMatchObject({ interrupted: true, flips: 3 });
    expect(text(stopped, 'report.html')).toContain('stopped before its end');
    const whole = await run();
    const resumed = await run({}, { resume: stopped.folder });
    expect(resumed.folder).toBe(stopped.folder);
    expect(text(resumed, 'summary.json')).toBe(text(whole, 'summary.json'));
    expect(text(resumed, 'data/flips.jsonl')).toBe(text(whole, 'data/flips.jsonl'));
  });

  it('goes on behind the last whole row where a crash cut one off', async () => {
    const stopped = await stoppedAfter(2);
    appendFileSync(join(stopped.folder, 'data', 'flips.jsonl'), '{"coin":2,"cou');
    const resumed = await run({}, { resume: stopped.folder });
    expect(resumed.summary).toEqual((await run()).summary);
  });

  it('is not gone on with while it is under way, and goes on unharmed', async () => {
    const codes: Promise<unknown>[] = [];
    let folder = '';
    const meanwhile = (): unknown =>
      codes.push(run({}, { resume: folder }).catch((error: unknown) => (error as CairnError).code));
    const done = await run(
      {},
      { onFolder: (path) => (folder = path), onProgress: ({ done: rows }) => rows === 2 && meanwhile() },
    );
    expect(await Promise.all(codes)).toEqual(['folder-unwritable']);
    expect(done.summary).toEqual((await run()).summary);
  });

  it.each<[string, Record<string, unknown>, Partial<RunOptions>, RegExp]>([
    ['setting', { coins: 5 }, {}, /a different coins$/],
    ['seed', {}, { seed: 8 }, /a different seed$/],
  ])('does not go on with another %s than it was started with', async (_, given, options, words) => {
    const stopped = await stoppedAfter(2);
    const before = text(stopped, 'config.json');
    const refused = run(given, { resume: stopped.folder, ...options });
    await expect(refused).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(words) as string,
      hint: expect.stringContaining(`cairn simulate --again ${stopped.folder}`) as string,
    });
    expect(text(stopped, 'config.json')).toBe(before);
    expect((await run({}, { resume: stopped.folder })).summary).toEqual((await run()).summary);
  });

  it('does not go on where its config.json was changed in between', async () => {
    const stopped = await stoppedAfter(2);
    writeFileSync(
      join(stopped.folder, 'config.json'),
      text(stopped, 'config.json').replace('"coins": 4', '"coins": 5'),
    );
    await expect(run({ coins: 5 }, { resume: stopped.folder })).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('goes on in a folder of an earlier version, which knew neither hash nor every setting', async () => {
    const stopped = await stoppedAfter(2);
    const { inputs, settings, ...rest } = JSON.parse(text(stopped, 'config.json')) as Record<string, unknown>;
    expect(inputs).toMatch(/^[0-9a-f]{64}$/);
    const { stopAfter, ...earlier } = settings as Record<string, unknown>;
    expect(stopAfter).toBe(0);
    writeFileSync(join(stopped.folder, 'config.json'), JSON.stringify({ ...rest, settings: earlier }));
    expect((await run({}, { resume: stopped.folder })).summary).toEqual((await run()).summary);
  });

  it('of one’s own module says where that is, in its command too', async () => {
    const done = await run({ coins: 2 }, { module: '/my work/coins.mjs' });
    const config = JSON.parse(text(done, 'config.json')) as Record<string, unknown>;
    expect(config['module']).toBe('/my work/coins.mjs');
    expect(config['command']).toMatch(/^cairn simulate '\/my work\/coins.mjs' --seed 7 --set coins=2 /);
    expect(text(done, 'report.html')).toContain('my work/coins.mjs');
  });

  it('that fails says where its rows are, and keeps them', async () => {
    let folder = '';
    const error: unknown = await run({ stopAfter: 2 }, { onFolder: (path) => (folder = path) }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'internal',
      message: 'the coin rolled away',
      hint: expect.stringContaining(`what was recorded is in ${folder}`) as string,
    });
    expect(
      readFileSync(join(folder, 'data', 'flips.jsonl'), 'utf8')
        .trim()
        .split('\n'),
    ).toHaveLength(2);
    expect(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))).toMatchObject({ interrupted: true });
  });

  it('is refused before it begins where its folder cannot be made', async () => {
    const file = join(out, 'a-file');
    writeFileSync(file, '');
    await expect(run({}, { out: join(file, 'runs') })).rejects.toMatchObject({ code: 'folder-unwritable' });
    await expect(run({}, { resume: join(out, 'nothing-here') })).rejects.toMatchObject({ code: 'config-unreadable' });
  });

  it('is refused before it begins where MNIST is needed and missing', async () => {
    const before = process.env['CAIRN_MNIST_DIR'];
    process.env['CAIRN_MNIST_DIR'] = join(out, 'no-images');
    try {
      const needy = { ...coins, needsMnist: true };
      const options = { seed: 1, out: join(out, 'never'), threads: 1 };
      await expect(runExperiment(needy, readSettings(coins, {}), options)).rejects.toMatchObject({
        code: 'data-missing',
      });
      expect(readdirSync(out)).not.toContain('never');
    } finally {
      if (before === undefined) delete process.env['CAIRN_MNIST_DIR'];
      else process.env['CAIRN_MNIST_DIR'] = before;
    }
  });

  it('is refused before it begins where only its settings need MNIST, as those of a training under churn', async () => {
    const before = process.env['CAIRN_MNIST_DIR'];
    process.env['CAIRN_MNIST_DIR'] = join(out, 'no-images');
    try {
      const settings = readSettings(dropout, { given: { churn: 'on' } });
      await expect(
        runExperiment(dropout, settings, { seed: 1, out: join(out, 'never'), threads: 1 }),
      ).rejects.toMatchObject({ code: 'data-missing' });
      expect(readdirSync(out)).not.toContain('never');
    } finally {
      if (before === undefined) delete process.env['CAIRN_MNIST_DIR'];
      else process.env['CAIRN_MNIST_DIR'] = before;
    }
  });

  it('adds up what its processes took', async () => {
    const stopped = await stoppedAfter(2);
    const first = JSON.parse(text(stopped, 'timings.json')) as Record<string, unknown>;
    const before = { ...first, seconds: 1000, cpuSeconds: 2000, peakRssMB: 1e9 };
    writeFileSync(join(stopped.folder, 'timings.json'), JSON.stringify(before));
    const { timings } = await run({}, { resume: stopped.folder });
    expect(timings).toMatchObject({ started: first['started'], peakRssMB: 1e9, rows: 8, resumed: true });
    expect(timings['seconds']).toBeGreaterThan(1000);
    expect(timings['cpuSeconds']).toBeGreaterThan(2000);
    expect(JSON.parse(text(stopped, 'timings.json'))).toEqual(timings);
  });

  it('goes on where a crash has left no timings', async () => {
    const stopped = await stoppedAfter(2);
    for (const file of ['timings.json', 'summary.json']) rmSync(join(stopped.folder, file));
    const resumed = await run({}, { resume: stopped.folder });
    expect(resumed.endedBefore).toBe(false);
    expect(resumed.summary).toEqual((await run()).summary);
  });

  it('that has ended is not run again: its rows and timings stay, its report is written anew', async () => {
    const done = await run();
    const kept = ['config.json', 'timings.json', 'summary.json', 'data/flips.jsonl'];
    const before = kept.map((file) => text(done, file));
    rmSync(join(done.folder, 'report.html'));
    const never: Experiment = { ...coins, run: () => Promise.reject(new Error('it ran')) };
    const options = { seed: 7, out, threads: 1, resume: done.folder };
    const resumed = await runExperiment(never, readSettings(coins, {}), options);
    expect(resumed).toEqual({ ...done, endedBefore: true });
    expect(kept.map((file) => text(done, file))).toEqual(before);
    expect(text(done, 'report.html')).toContain('data/flips.csv');
  });

  it('names file and line of a row that was damaged, and leaves the files alone', async () => {
    const stopped = await stoppedAfter(3);
    const rows = text(stopped, 'data/flips.jsonl').split('\n');
    for (const damage of [rows[1]!.slice(0, -4), '7', '[]']) {
      const damaged = [rows[0], damage, rows[2], '{"cut'].join('\n');
      writeFileSync(join(stopped.folder, 'data', 'flips.jsonl'), damaged);
      await expect(run({}, { resume: stopped.folder })).rejects.toMatchObject({
        code: 'config-unreadable',
        message: expect.stringMatching(/^line 2 of .*flips\.jsonl is damaged/) as string,
      });
      expect(text(stopped, 'data/flips.jsonl')).toBe(damaged);
    }
  });

  it.each([
    ['NaN', NaN, 'NaN at "spread.of[1]"'],
    ['an infinity', -Infinity, '-Infinity at "spread.of[1]"'],
  ])('refuses %s in a summary, naming where it is', async (_, value, words) => {
    const wild: Experiment = { ...coins, summarise: () => ({ fine: null, spread: { of: [1, value] } }) };
    const done = runExperiment(wild, readSettings(coins, {}), { seed: 1, out, threads: 1 });
    await expect(done).rejects.toMatchObject({ code: 'internal', message: `the summary has ${words}` });
  });

  it.each<[string, unknown, string]>([
    ['NaN', NaN, 'NaN'],
    ['a list', [1], 'a value of type object'],
    ['an object', { x: 1 }, 'a value of type object'],
    ['nothing', undefined, 'a value of type undefined'],
    ['an integer beyond JSON', 7n, 'a value of type bigint'],
  ])('refuses to record %s', async (_, y, words) => {
    const wild: Experiment = {
      ...coins,
      run: async (lab) => {
        await Promise.resolve();
        lab.record(new Series('wild'), { y } as Row);
      },
    };
    const done = runExperiment(wild, readSettings(coins, {}), { seed: 1, out, threads: 1 });
    await expect(done).rejects.toMatchObject({ code: 'internal', message: `a row of wild has ${words} at "y"` });
  });
});
