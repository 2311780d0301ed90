import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { poisoning } from '../../../simulations/experiments/poisoning/index.ts';
import type { ProofRow, ScoreRow } from '../../../simulations/experiments/poisoning/series.ts';
import type { PoisoningSettings } from '../../../simulations/experiments/poisoning/settings.ts';
import type { Outcome } from '../../../simulations/experiments/poisoning/summary.ts';
import { runExperiment } from '../../../simulations/laboratory/run.ts';
import { readSettings } from '../../../simulations/laboratory/settings.ts';
import { errorOf } from '../../coordinator/support/errors.ts';
import { fewMnist } from '../../e2e/support/mnist.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-poisoning-'));
  vi.stubEnv('CAIRN_MNIST_DIR', await fewMnist(join(folder, 'mnist'), 300));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Trainings of a second: 20 members of 12 images, two of whom attack from the third round on. */
const tiny = (given: Partial<PoisoningSettings> = {}): PoisoningSettings =>
  readSettings(poisoning, {
    given: {
      members: 20,
      cohort: 18,
      images: 12,
      attackers: [0, 0.1],
      attacks: ['sign-flip'],
      rules: ['median'],
      groups: [6],
      rounds: 8,
      begin: 3,
      evaluateEvery: 4,
      heldOut: 50,
      testImages: 300,
      ...given,
    },
  });

const run = (
  given: Partial<PoisoningSettings> = {},
  options: Partial<Parameters<typeof runExperiment>[2]> = {},
): ReturnType<typeof runExperiment> =>
  runExperiment(poisoning, tiny(given), { seed: 3, threads: 1, out: join(folder, 'runs'), ...options });

async function resultsOf(path: string): Promise<Record<string, string>> {
  const names = await readdir(join(path, 'data'));
  const files = ['summary.json', ...names.map((name) => join('data', name))];
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(join(path, file), 'utf8')] as const)),
  );
}

async function rowsOf<Row>(path: string, name: string): Promise<Row[]> {
  const lines = await readFile(join(path, 'data', `${name}.jsonl`), 'utf8');
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

describe('poisoning as a run', () => {
  it('shows what attackers do to a mean, and what groups and rollback do about it', async () => {
    const { folder: path, summary } = await run({ rules: ['median', 'trimmed-mean', 'norm-filter'] });
    const outcomes = summary.outcomes as unknown as Outcome[];
    const names = ['mean of all', 'median of 6', 'trimmed-mean of 6', 'norm-filter of 6', 'mean of all, rollback'];
    const defences = [...names, 'median of 6, rollback'];
    expect(outcomes.map(({ defence, attackers }) => [attackers, defence])).toEqual(
      [0, 0.1].flatMap((share) => defences.map((defence) => [share, defence])),
    );
    const accuracyOf = (defence: string, share: number): number =>
      outcomes.find((outcome) => outcome.defence === defence && outcome.attackers === share)!.accuracy;
    const clean = accuracyOf('mean of all', 0);
    expect(accuracyOf('mean of all', 0.1)).toBeLessThan(clean - 0.2);
    for (const defence of ['median of 6', 'norm-filter of 6', 'median of 6, rollback'])
      expect(accuracyOf(defence, 0.1)).toBeGreaterThan(clean - 0.15);
    // Every cohort of 18 has one of the two attackers in it: the model stays as it was before they began.
    const rollback = outcomes.find(({ defence, attackers }) => defence === 'mean of all, rollback' && attackers > 0)!;
    expect(rollback).toMatchObject({ poisoned: 1, rolledBack: 6, lost: 6 });
    // Two attackers are in two of six groups at most.
    const median = outcomes.find(({ defence, attackers }) => defence === 'median of 6' && attackers > 0)!;
    expect(median.poisoned).toBeLessThanOrEqual(1 / 3);
    expect(median).toMatchObject({ lost: 0, rolledBack: 0, failed: 0 });
    expect(await rowsOf<ScoreRow>(path, 'scores')).toHaveLength(12 * 2);
    const report = await readFile(join(path, 'report.html'), 'utf8');
    expect(report).toContain('With and without');
    expect(report).not.toMatch(/NaN|undefined/);
  });

  it('sums words in the open just as the sessions of production do, attackers’ words among them', async () => {
    const { folder: path, summary } = await run({ rollback: false });
    const proofs = await rowsOf<ProofRow>(path, 'proofs');
    expect(proofs.map(({ groups, members, different }) => [groups, members, different])).toEqual([
      [1, 18, 0],
      [6, 18, 0],
    ]);
    expect(proofs[0]!.attackers).toBeGreaterThan(0);
    expect(summary).toMatchObject({ sumsDifferent: 0 });
    expect(summary.sumsCompared).toBeGreaterThan(7 * 3322);
  });

  it('gives the same models through the sessions as without them', async () => {
    const given = { rollback: false, attackers: [0.1], rounds: 3, evaluateEvery: 3, model: 'small' as const };
    const accuracies = async (aggregation: 'plain' | 'secure') =>
      (await rowsOf<ScoreRow>((await run({ ...given, aggregation })).folder, 'scores')).map(({ accuracy, loss }) => [
        accuracy,
        loss,
      ]);
    expect(await accuracies('secure')).toEqual(await accuracies('plain'));
  });

  it('gives the same bytes when it is stopped half way and gone on with, and on two threads', async () => {
    const whole = await resultsOf((await run()).folder);
    const stop = new AbortController();
    let steps = 0;
    const stopped = await run(
      {},
      {
        signal: stop.signal,
        onProgress: () => {
          if (++steps === 6) stop.abort(new Error('enough'));
        },
      },
    );
    expect(stopped.interrupted).toBe(true);
    const rows = (await rowsOf<ScoreRow>(stopped.folder, 'scores')).length;
    expect(rows).toBeGreaterThan(1);
    expect(rows).toBeLessThan(16);
    const resumed = await run({}, { resume: stopped.folder });
    expect(await resultsOf(resumed.folder)).toEqual(whole);
    expect(await resultsOf((await run({}, { threads: 2 })).folder)).toEqual(whole);
  });
});

describe('settings of poisoning', () => {
  it.each<[Partial<PoisoningSettings>, string]>([
    [{ groups: [6, 6] }, 'groups: each value only once'],
    [{ cohort: 21 }, 'cohort: at most the 20 members'],
    [{ groups: [7] }, 'groups: 7 groups of at least 3 need 21 members'],
    [{ images: 3000 }, 'images: at most 2997'],
    [{ begin: 9 }, 'begin: at most the 8 rounds'],
    [{ evaluateEvery: 9 }, 'evaluateEvery: at most the 8 rounds'],
  ])('%j cannot be run', (given, message) => {
    const error = errorOf(() => tiny(given));
    expect(error.code).toBe('settings-invalid');
    expect(error.message).toContain(message);
  });
});
