import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { epsilonOf, mechanismOf, planNoise, roundCost } from '../../../protocol/privacy/index.ts';
import { privacyUtility } from '../../../simulations/experiments/privacy-utility/index.ts';
import { noiseSettings } from '../../../simulations/experiments/privacy-utility/noise.ts';
import type { ScoreRow } from '../../../simulations/experiments/privacy-utility/series.ts';
import type { PrivacyUtilitySettings } from '../../../simulations/experiments/privacy-utility/settings.ts';
import type { Outcome } from '../../../simulations/experiments/privacy-utility/summary.ts';
import { runExperiment } from '../../../simulations/laboratory/run.ts';
import { fewMnist } from '../../e2e/support/mnist.ts';
import { tiny } from './support.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-utility-'));
  vi.stubEnv('CAIRN_MNIST_DIR', await fewMnist(join(folder, 'mnist'), 300));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const run = (
  given: Partial<PrivacyUtilitySettings> = {},
  options: Partial<Parameters<typeof runExperiment>[2]> = {},
): ReturnType<typeof runExperiment> =>
  runExperiment(privacyUtility, tiny(given), { seed: 3, threads: 1, out: join(folder, 'runs'), ...options });

async function resultsOf(path: string): Promise<Record<string, string>> {
  const names = await readdir(join(path, 'data'));
  const files = ['summary.json', ...names.map((name) => join('data', name))];
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(join(path, file), 'utf8')] as const)),
  );
}

async function scoresOf(path: string): Promise<ScoreRow[]> {
  const lines = await readFile(join(path, 'data', 'scores.jsonl'), 'utf8');
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ScoreRow);
}

/** ε of so many rounds with a noise multiplier, counted apart from the run. */
function epsilonAfter(settings: PrivacyUtilitySettings, rounds: number, rate: number): number {
  const noise = noiseSettings(settings, { members: 30, placement: 'distributed' }, settings.noiseMultiplier, 3322);
  const cost = roundCost(mechanismOf(planNoise(noise), rate < 1), rate);
  return epsilonOf(
    cost.map((divergence) => divergence * rounds),
    settings.delta,
  );
}

describe('privacy-utility as a run', () => {
  it('goes on where the trainings of members diverge: they send zeros, and the model stays as it was', async () => {
    const { folder: path } = await run({ placement: ['none'], learningRate: 1e30, rounds: 3, evaluateEvery: 3 });
    const [score] = await scoresOf(path);
    // Half of 30 members in each of three rounds, nobody of whom gets anywhere.
    expect(score!.diverged).toBe(Math.round(3 * score!.included));
    expect(score).toMatchObject({ round: 3, failed: 0, clipped: 0, loss: expect.any(Number) as number });
  });

  it('scores every training every few rounds, spends just its budget, and learns more the more it may spend', async () => {
    const { folder: path, summary } = await run();
    const scores = await scoresOf(path);
    // None, central and distributed with two budgets each; looks behind rounds 3, 6 and 8.
    expect(scores).toHaveLength(5 * 3);
    const outcomes = summary.outcomes as unknown as Outcome[];
    expect(outcomes.map(({ placement, epsilon }) => [placement, epsilon])).toEqual([
      ['none', null],
      ['central', 1],
      ['central', 100],
      ['distributed', 1],
      ['distributed', 100],
    ]);
    const [none, ...noisy] = outcomes;
    for (const { epsilon, spent, rounds, stopped } of noisy) {
      expect({ rounds, stopped }).toEqual({ rounds: 8, stopped: 0 });
      expect(spent! / epsilon!).toBeLessThanOrEqual(1);
      expect(spent! / epsilon!).toBeGreaterThan(0.999);
    }
    const [centralLow, centralHigh, distributedLow, distributedHigh] = noisy;
    expect(centralLow!.noiseMultiplier!).toBeGreaterThan(5 * centralHigh!.noiseMultiplier!);
    expect(centralHigh!.accuracy).toBeGreaterThan(centralLow!.accuracy + 0.15);
    expect(distributedHigh!.accuracy).toBeGreaterThan(distributedLow!.accuracy + 0.15);
    expect(none!.accuracy).toBeGreaterThan(distributedLow!.accuracy + 0.3);
    // Those who know who takes part are promised less, and nothing by central noise.
    expect(centralHigh!.spentInside).toBeNull();
    expect(distributedHigh!.spentInside!).toBeGreaterThan(distributedHigh!.spent!);
    const report = await readFile(join(path, 'report.html'), 'utf8');
    expect(report).toContain('Accuracy over ε');
    expect(report).not.toMatch(/NaN|undefined/);
  });

  it('stops in the round before the one that would exceed the budget', async () => {
    const given = {
      noiseMultiplier: 2,
      epsilon: [3],
      placement: ['distributed' as const],
      rounds: 40,
      evaluateEvery: 4,
    };
    const settings = tiny(given);
    let affordable = 0;
    while (epsilonAfter(settings, affordable + 1, 0.5) <= 3) affordable++;
    expect(affordable).toBeGreaterThan(0);
    expect(affordable).toBeLessThan(40);
    const last = (await scoresOf((await run(given)).folder)).at(-1)!;
    expect(last).toMatchObject({ round: affordable, stopped: true });
    expect(last.spent).toBeCloseTo(epsilonAfter(settings, affordable, 0.5), 9);
    expect(last.spentInside).toBeCloseTo(epsilonAfter(settings, affordable, 1), 9);
  });

  it('runs no round at all where the first costs too much', async () => {
    const given = { noiseMultiplier: 0.5, epsilon: [0.1], placement: ['central' as const] };
    const scores = await scoresOf((await run(given)).folder);
    expect(scores).toMatchObject([{ round: 0, stopped: true, spent: 0 }]);
  });

  it('counts no amplification against the coordinator: fewer rounds for the same budget', async () => {
    const given = {
      noiseMultiplier: 2,
      epsilon: [3],
      placement: ['distributed' as const],
      rounds: 40,
      evaluateEvery: 40,
    };
    const readers = (await scoresOf((await run(given)).folder)).at(-1)!;
    const coordinator = (await scoresOf((await run({ ...given, against: 'coordinator' })).folder)).at(-1)!;
    expect(coordinator.round).toBeLessThan(readers.round);
    expect(coordinator.spent).toBe(coordinator.spentInside);
  });

  it('gives the same models through the sessions as without them', async () => {
    const given = { placement: ['distributed' as const], epsilon: [20], members: [12], rounds: 3 };
    const accuracies = async (aggregation: 'plain' | 'secure') =>
      (await scoresOf((await run({ ...given, aggregation })).folder)).map(({ accuracy, loss }) => [accuracy, loss]);
    expect(await accuracies('secure')).toEqual(await accuracies('plain'));
  });

  it('has no sum of a round in which too many drop, and goes on', async () => {
    const given = { placement: ['distributed' as const], epsilon: [20], members: [12], rounds: 6, evaluateEvery: 6 };
    const [row] = await scoresOf((await run({ ...given, aggregation: 'secure', dropout: 0.45 })).folder);
    expect(row!.round).toBe(6);
    expect(row!.failed).toBeGreaterThan(0);
    expect(row!.failed).toBeLessThanOrEqual(6);
    expect(row!.spent).toBeGreaterThan(19.9);
  });

  it('lets the clip follow the norms', async () => {
    const given = {
      adaptiveClip: true,
      clipRate: 1,
      clip: 50,
      placement: ['none' as const, 'central' as const],
      epsilon: [50],
    };
    const scores = await scoresOf((await run(given)).folder);
    for (const placement of ['none', 'central'] as const) {
      const clips = scores.filter((row) => row.placement === placement).map(({ clip }) => clip);
      expect(clips).toHaveLength(3);
      expect(clips[1]).toBeLessThan(clips[0]!);
      expect(clips[2]).toBeLessThan(clips[0]! / 2);
    }
  });

  it('gives the same bytes when it is stopped half way and gone on with, and on two threads', async () => {
    const given = { epsilon: [10] };
    const whole = await resultsOf((await run(given)).folder);
    const stop = new AbortController();
    let steps = 0;
    const stopped = await run(given, {
      signal: stop.signal,
      onProgress: () => {
        if (++steps === 7) stop.abort(new Error('enough'));
      },
    });
    expect(stopped.interrupted).toBe(true);
    const rows = (await scoresOf(stopped.folder)).length;
    expect(rows).toBeGreaterThan(1);
    expect(rows).toBeLessThan(9);
    const resumed = await run(given, { resume: stopped.folder });
    expect(await resultsOf(resumed.folder)).toEqual(whole);
    expect(await resultsOf((await run(given, { threads: 2 })).folder)).toEqual(whole);
  });
});
