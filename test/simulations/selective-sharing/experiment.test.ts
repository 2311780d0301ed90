import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { selectiveSharing } from '../../../simulations/experiments/selective-sharing/index.ts';
import type { SelectiveSharingSettings } from '../../../simulations/experiments/selective-sharing/settings.ts';
import { runExperiment } from '../../../simulations/laboratory/run.ts';
import { readSettings } from '../../../simulations/laboratory/settings.ts';
import { fewMnist } from '../../e2e/support/mnist.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-sharing-'));
  vi.stubEnv('CAIRN_MNIST_DIR', await fewMnist(join(folder, 'mnist'), 300));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const small = (given: Partial<SelectiveSharingSettings> = {}): SelectiveSharingSettings =>
  readSettings(selectiveSharing, {
    given: {
      participants: [3, 5],
      images: 60,
      thetaUpload: [0.1],
      thetaDownload: 0.5,
      order: 'asynchronous',
      concurrency: 2,
      epochs: 3,
      centralisedEpochs: 2,
      aloneEpochs: 6,
      aloneParticipants: 2,
      epsilon: [10],
      privateParticipants: [2],
      ...given,
    },
  });

const run = (
  name: string,
  options: Partial<Parameters<typeof runExperiment>[2]> = {},
): ReturnType<typeof runExperiment> =>
  runExperiment(selectiveSharing, small(), { seed: 3, threads: 1, out: join(folder, name), ...options });

/** Every file of results in a run's folder, by its name. */
async function resultsOf(path: string): Promise<Record<string, string>> {
  const names = await readdir(join(path, 'data'));
  const files = ['summary.json', ...names.map((name) => join('data', name))];
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(join(path, file), 'utf8')] as const)),
  );
}

describe('selective-sharing as a run', () => {
  it('leaves accuracy, contributors, one secure round and a report without holes', async () => {
    const { folder: path, summary } = await run('whole');
    const results = await resultsOf(path);
    expect(Object.keys(results)).toEqual(
      expect.arrayContaining(['data/accuracy.jsonl', 'data/overlap.jsonl', 'data/secure-round.jsonl']),
    );
    // Centralised 2, alone 2 × 2 (epochs 5 and 6), shared 2 × 3, private 3.
    expect(results['data/accuracy.jsonl']!.trim().split('\n')).toHaveLength(2 + 4 + 6 + 3);
    expect(summary).toMatchObject({
      parameters: 140_106,
      shared: [{ participants: 3, epoch: 3 }, { participants: 5 }],
      private: [{ participants: 2, epsilon: { perParameter: expect.closeTo(10, 9) as number } }],
      secureRound: { participants: 3 },
    });
    const { revealed, confirmed } = summary.secureRound as { revealed: number; confirmed: number };
    expect(confirmed).toBe(revealed);
    const report = await readFile(join(path, 'report.html'), 'utf8');
    expect(report).toContain('What a secure sum of sparse uploads reveals');
    expect(report).not.toMatch(/NaN|undefined/);
  });

  it('has no chart of epochs where there is no line for one', async () => {
    const settings = small({ baselines: [], thetaUpload: [], epochs: 1 });
    const { folder: path } = await runExperiment(selectiveSharing, settings, { seed: 3, threads: 1, out: folder });
    const report = await readFile(join(path, 'report.html'), 'utf8');
    expect(report).toContain('All trainings');
    expect(report).not.toMatch(/NaN|Infinity|Accuracy over epochs/);
  });

  it('gives the same bytes when it is stopped half way and gone on with', async () => {
    const whole = await resultsOf((await run('whole')).folder);
    const stop = new AbortController();
    let steps = 0;
    const stopped = await run('stopped', {
      signal: stop.signal,
      onProgress: () => {
        if (++steps === 9) stop.abort(new Error('enough'));
      },
    });
    expect(stopped.interrupted).toBe(true);
    expect(stopped.summary.secureRound).toBeNull();
    const rows = (await resultsOf(stopped.folder))['data/accuracy.jsonl']!.trim().split('\n').length;
    expect(rows).toBeGreaterThan(2);
    expect(rows).toBeLessThan(15);
    const resumed = await run('stopped', { resume: stopped.folder });
    expect(resumed.folder).toBe(stopped.folder);
    expect(await resultsOf(resumed.folder)).toEqual(whole);
  });

  it('gives the same bytes on two threads as on one', async () => {
    const one = await resultsOf((await run('one')).folder);
    expect(await resultsOf((await run('two', { threads: 2 })).folder)).toEqual(one);
  });
});
