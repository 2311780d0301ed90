import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ganAttack } from '../../../simulations/experiments/gan-attack/index.ts';
import type { Conclusion } from '../../../simulations/laboratory/conclude.ts';
import { runExperiment } from '../../../simulations/laboratory/run.ts';
import { readSettings } from '../../../simulations/laboratory/settings.ts';

// Far too little to learn a digit from: what is asked here is whether the parts work together.
const TINY = {
  rounds: 4,
  startLatest: 3,
  startAccuracy: 1,
  evaluateEvery: 2,
  imagesPerClass: 8,
  generatorWidth: 8,
  generatorSteps: 2,
  fakes: 4,
  fakeRounds: 2,
  batchSize: 4,
  samples: 5,
  testImages: 50,
  classifierImages: 640,
  classifierEpochs: 2,
  classifierTests: 200,
};

/** For runs whose samples nobody judges. */
const HARDLY_A_CLASSIFIER = { classifierImages: 64, classifierEpochs: 1, classifierTests: 20 };

type RunOptions = Parameters<typeof runExperiment>[2];

let out: string;
let whole: Conclusion;

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), 'cairn-gan-'));
  whole = await run();
});

afterAll(() => rmSync(out, { recursive: true, force: true }));

const run = (given: Record<string, unknown> = {}, options: Partial<RunOptions> = {}): Promise<Conclusion> =>
  runExperiment(ganAttack, readSettings(ganAttack, { given: { ...TINY, ...given } }), {
    seed: 7,
    out,
    threads: 1,
    ...options,
  });

const text = (conclusion: Conclusion, file: string): string => readFileSync(join(conclusion.folder, file), 'utf8');

function rowsOf(conclusion: Conclusion, series: string): Record<string, unknown>[] {
  const lines = text(conclusion, `data/${series}.jsonl`).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

interface Summary {
  readonly classifierAccuracy: number;
  readonly plainSecure: readonly { readonly repetition: number; readonly firstRelative: number }[];
  readonly secureSums: { readonly rounds: number; readonly greatest: number; readonly bound: number };
  readonly outcomes: readonly Record<string, number>[];
}

describe('a run of gan-attack', () => {
  it('looks at each federation in turn, and at samples once the attack has begun', () => {
    const rows = rowsOf(whole, 'looks');
    expect(rows.map(({ federation, round }) => [federation, round])).toEqual(
      [2, 4].flatMap((round) =>
        ['p2-theta1-plain-seed1', 'p2-theta1-secure-seed1', 'p2-theta1-plain-control-seed1'].map((name) => [
          name,
          round,
        ]),
      ),
    );
    for (const row of rows) {
      expect(row['share'] === null).toBe(row['round'] === 2);
      expect(row['accuracy']).toBeGreaterThan(0);
      expect(row['clipped']).toBe(0);
    }
    expect(readdirSync(join(whole.folder, 'images')).length).toBe(3);
  });

  it('comes to the same global model under secure aggregation, but for rounding', () => {
    const { plainSecure, secureSums } = whole.summary as unknown as Summary;
    expect(secureSums.rounds).toBe(2);
    expect(secureSums.greatest).toBeGreaterThan(0);
    expect(secureSums.greatest).toBeLessThanOrEqual(secureSums.bound);
    expect(plainSecure).toHaveLength(1);
    expect(plainSecure[0]!.firstRelative).toBeGreaterThan(0);
    // Two rounds of two members, 20 bits, a clip of 4: a step is 8e-6, and its rounding 3e-6 for a member and round.
    expect(plainSecure[0]!.firstRelative).toBeLessThan(0.001);
  });

  it('says of each seed how far its own two models are apart, first and last', async () => {
    const two = await run({ seeds: 2, control: false, ...HARDLY_A_CLASSIFIER });
    const rows = rowsOf(two, 'plain-secure');
    const of = (repetition: number, round: number): unknown =>
      rows.find((row) => row['repetition'] === repetition && row['round'] === round)?.['relative'];
    expect((two.summary as unknown as Summary).plainSecure).toEqual(
      [1, 2].map((repetition) => ({
        participants: 2,
        thetaUpload: 1,
        repetition,
        firstRound: 2,
        firstRelative: of(repetition, 2),
        lastRound: 4,
        lastRelative: of(repetition, 4),
      })),
    );
  });

  it('says what it found of each set-up', () => {
    const { outcomes, classifierAccuracy } = whole.summary as unknown as Summary;
    expect(outcomes.map(({ aggregation, victim }) => [aggregation, victim])).toEqual([
      ['plain', true],
      ['secure', true],
      ['plain', false],
    ]);
    for (const outcome of outcomes) {
      for (const share of ['share', 'confidence', 'fooled', 'nearerToVictim', 'accuracy']) {
        expect(outcome[share]).toBeGreaterThanOrEqual(0);
        expect(outcome[share]).toBeLessThanOrEqual(1);
      }
      expect(outcome['distanceVictim']).toBeGreaterThan(1);
      expect(outcome['ssimVictim']).toBeLessThan(1);
    }
    expect(classifierAccuracy).toBeGreaterThan(0.2);
    const report = text(whole, 'report.html');
    for (const words of ['Secure aggregation', 'prototype', 'control', 'held-out']) expect(report).toContain(words);
  });

  it('gives the same bytes on two threads', async () => {
    const two = await run({}, { threads: 2 });
    for (const file of ['summary.json', 'data/looks.jsonl', 'data/plain-secure.jsonl'])
      expect(text(two, file)).toBe(text(whole, file));
  });

  it('that is stopped goes on to the same bytes', async () => {
    const controller = new AbortController();
    const stopped = await run(
      {},
      { signal: controller.signal, onProgress: ({ done }) => done >= 2 && controller.abort(new Error('enough')) },
    );
    expect(stopped.interrupted).toBe(true);
    expect(rowsOf(stopped, 'looks').length).toBeLessThan(6);
    const resumed = await run({}, { resume: stopped.folder });
    for (const file of ['summary.json', 'data/looks.jsonl', 'data/plain-secure.jsonl'])
      expect(text(resumed, file)).toBe(text(whole, file));
  });

  it('with eleven participants, a tenth of the change and noise ends with finite figures', async () => {
    const settings = { participants: [11], thetaUpload: [0.1], noise: [10], control: false, aggregation: 'secure' };
    const eleven = await run({ ...settings, ...HARDLY_A_CLASSIFIER });
    const { outcomes } = eleven.summary as unknown as Summary;
    expect(outcomes.map(({ participants, noise, aggregation }) => [participants, noise, aggregation])).toEqual([
      [11, null, 'secure'],
      [11, 10, 'secure'],
    ]);
    expect(outcomes[0]!['accuracy']).not.toBe(outcomes[1]!['accuracy']);
  });

  it('with differential privacy of users stays near the open federation at an ε that is none, and leaves it at a small one', async () => {
    const given = { dp: 'user', epsilon: [8, 1e12], control: false, aggregation: 'secure', ...HARDLY_A_CLASSIFIER };
    const rows = rowsOf(await run(given), 'looks');
    const accuracies = (epsilon: number | null): number[] =>
      rows.filter((row) => row['epsilon'] === epsilon).map((row) => row['accuracy'] as number);
    const open = accuracies(null);
    expect(open).toHaveLength(2);
    for (const [i, accuracy] of accuracies(1e12).entries()) expect(Math.abs(accuracy - open[i]!)).toBeLessThan(0.15);
    expect(accuracies(8)).not.toEqual(open);
    // Sums that are private are not those of the open federation: no rounding is told of them.
    for (const row of rows) expect(row['rounding'] === null).toBe(row['epsilon'] !== null);
  });
});
