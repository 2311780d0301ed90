import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CairnError } from '../../../protocol/errors.ts';
import { dropout } from '../../../simulations/experiments/dropout/index.ts';
import type { Conclusion } from '../../../simulations/laboratory/conclude.ts';
import { runExperiment } from '../../../simulations/laboratory/run.ts';
import { readSettings } from '../../../simulations/laboratory/settings.ts';
import { thrownBy } from '../../support/thrown.ts';

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'cairn-dropout-'));
});
afterAll(() => rm(out, { recursive: true, force: true }));

const settingsOf = (given: Record<string, unknown>) => readSettings(dropout, { given });

/** A single point, as on the command line. */
const POINT = { clients: '20', dim: '300', dropout: '0.3', state: 'masked-input', graph: 'auto' };

const run = (given: Record<string, unknown>, threads = 1, seed = 5): Promise<Conclusion> =>
  runExperiment(dropout, settingsOf(given), { seed, out, threads });

const file = (conclusion: Conclusion, name: string): Promise<string> => readFile(join(conclusion.folder, name), 'utf8');

describe('a single point', () => {
  it('tells at the top what the round came to', async () => {
    const { summary, timings } = await run({ ...POINT, repeats: '1' });
    expect(summary).toMatchObject({
      committed: true,
      sumExact: true,
      error: null,
      graph: 'complete',
      k: 19,
      t: 11,
      drops: { beforeInput: 6, afterInput: 0, withoutUnmasking: 0 },
      predictedFailure: 0,
    });
    const included = summary.included as number[];
    expect(included).toHaveLength(14);
    expect(new Set(included).size).toBe(14);
    // 303 words of 21 bits are the most of what a client sends, and 19 sealed pairs of 84 bytes next to it.
    const vector = Math.ceil((303 * 21) / 8);
    expect(summary.bytesUp).toBeGreaterThan(vector + 19 * 84);
    expect(summary.bytesUp).toBeLessThan(vector + 19 * (84 + 34) + 500);
    expect(summary.totalBytesUp).toBeGreaterThan(14 * vector);
    const { clientMs, serverMs, phases } = timings as Record<string, number> & { phases: Record<string, object> };
    expect(clientMs).toBeGreaterThan(0);
    expect(serverMs).toBeGreaterThan(0);
    expect(Object.keys(phases)).toContain('computing');
  });

  it('beyond the threshold has no sum, and says why', async () => {
    const { summary } = await run({ ...POINT, dropout: '0.6', repeats: '1' });
    expect(summary).toMatchObject({
      committed: false,
      sumExact: null,
      error: 'below-threshold',
      included: [],
      predictedFailure: 1,
    });
  });

  it('takes further faults from a script', async () => {
    const faults = JSON.stringify([{ kind: 'abandon', state: 'share-keys' }]);
    const { summary } = await run({ ...POINT, repeats: '1', faults });
    expect(summary).toMatchObject({ committed: false, error: 'round-abandoned' });
  });

  it('with further faults predicts nothing, and the report says so', async () => {
    const faults = JSON.stringify([{ kind: 'abandon', state: 'share-keys' }]);
    const given = { ...POINT, clients: '6', dropout: '0,0.5', repeats: '1', faults, odds: 'off', churn: 'off' };
    const swept = await run(given);
    const points = swept.summary.points as { observedFailure: number; predictedFailure: number | null }[];
    expect(points.map(({ observedFailure, predictedFailure }) => [observedFailure, predictedFailure])).toEqual([
      [1, null],
      [1, null],
    ]);
    const html = await file(swept, 'report.html');
    expect(html).toContain('There is no prediction');
    expect(html).not.toContain(': predicted');
    expect(await file(await run({ ...given, faults: '[]' }), 'report.html')).toContain(': predicted');
  });

  it('in an active round too', async () => {
    const { summary } = await run({
      ...POINT,
      adversary: 'active',
      dropout: '0.2',
      state: 'consistency-check',
      repeats: '2',
    });
    expect(summary).toMatchObject({ committed: true, sumExact: true, drops: { afterInput: 4 }, t: 7 });
    expect(summary.included).toHaveLength(20);
  });
});

describe('a sweep', () => {
  const SWEEP = {
    clients: '6,9',
    dim: '20',
    dropout: '0,0.3,0.7',
    state: 'masked-input,any',
    graph: 'complete',
    repeats: '3',
    odds: 'on',
    oddsRounds: '12',
    oddsClients: '8',
    churn: 'off',
  };

  let one: Conclusion;
  beforeAll(async () => {
    one = await run(SWEEP, 1);
  });

  it('gives the same bytes from the same seed, on one thread or two, and others from another seed', async () => {
    const [two, other] = [await run(SWEEP, 2), await run(SWEEP, 1, 6)];
    const summary = await file(one, 'summary.json');
    expect(await file(two, 'summary.json')).toBe(summary);
    for (const name of ['rounds', 'bytes', 'odds']) {
      expect(await file(two, `data/${name}.jsonl`)).toBe(await file(one, `data/${name}.jsonl`));
    }
    expect(await file(other, 'data/rounds.jsonl')).not.toBe(await file(one, 'data/rounds.jsonl'));
  });

  it('commits below the threshold and fails beyond, with every sum exact, as predicted', async () => {
    const { summary, folder } = one;
    const points = summary.points as Record<string, number | string>[];
    expect(points).toHaveLength(12);
    for (const point of points) expect(point.wrongSums).toBe(0);
    const failures = points.filter(({ state }) => state === 'masked-input').map(({ failed }) => failed);
    expect(failures).toEqual([0, 0, 3, 0, 0, 3]);
    const odds = summary.odds as { observed: number; predicted: number; wrong: number; graph: string }[];
    expect(odds.length % 8).toBe(0);
    for (const { wrong, observed, predicted, graph } of odds) {
      expect(wrong).toBe(0);
      const spread = Math.sqrt((predicted * (1 - predicted)) / 12);
      expect(observed).toBeLessThanOrEqual(predicted + 4 * spread + 1e-9);
      if (graph === 'complete') expect(observed).toBeGreaterThanOrEqual(predicted - 4 * spread - 1e-9);
    }
    const html = await readFile(join(folder, 'report.html'), 'utf8');
    expect(html).toContain('Failures, predicted and observed');
  });
});

describe('a run that was killed while it recorded a round', () => {
  it('goes on to the same rows, none lost and none twice', async () => {
    const given = { ...POINT, clients: '6', repeats: '3' };
    const whole = await run(given);
    const killed = await run(given);
    const rows = async (name: string): Promise<string[]> =>
      (await file(killed, `data/${name}.jsonl`)).split('\n').slice(0, -1);
    const keep = async (name: string, lines: number): Promise<void> =>
      writeFile(
        join(killed.folder, `data/${name}.jsonl`),
        (await rows(name))
          .slice(0, lines)
          .map((line) => `${line}\n`)
          .join(''),
      );
    // A run that is killed comes to no summary.
    await rm(join(killed.folder, 'summary.json'));
    const [bytes, times] = [await rows('bytes'), await rows('times')];
    const isFirst = (line: string): boolean => (JSON.parse(line) as { repeat: number }).repeat === 0;
    await keep('rounds', 1);
    await keep('bytes', bytes.filter(isFirst).length + 2);
    await keep('times', times.filter(isFirst).length + 1);
    const resumed = await runExperiment(dropout, settingsOf(given), {
      seed: 5,
      out,
      threads: 1,
      resume: killed.folder,
    });
    for (const name of ['data/rounds.jsonl', 'data/bytes.jsonl', 'summary.json'])
      expect(await file(resumed, name)).toBe(await file(whole, name));
    const keys = (lines: readonly string[]): string[] =>
      lines.map((line) => {
        const { repeat, phase } = JSON.parse(line) as { repeat: number; phase: string };
        return `${repeat} ${phase}`;
      });
    expect(new Set(keys(await rows('times'))).size).toBe((await rows('times')).length);
    expect(keys(await rows('times')).filter((key) => key.endsWith(' all'))).toEqual(['0 all', '1 all', '2 all']);
  });
});

describe('a training under churn', () => {
  it('learns through rounds that lose members, and both trainings share all but the drops', async () => {
    const { summary, folder } = await run({
      ...POINT,
      repeats: '1',
      churn: 'on',
      churnRounds: '4',
      churnMembers: '12',
      churnCohort: '8',
      churnImages: '1200',
      churnRate: '0.25',
    });
    const { calm, churned } = summary.training as Record<string, { accuracy: number; failed: number; rounds: number }>;
    expect(calm).toMatchObject({ rounds: 4, failed: 0 });
    expect(churned!.rounds).toBe(4);
    expect(calm!.accuracy).toBeGreaterThan(0.6);
    expect(churned!.accuracy).toBeGreaterThan(0.4);
    const rows = (await readFile(join(folder, 'data/training.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { churn: number; included: number; dropped: number; committed: boolean });
    expect(
      rows.filter(({ churn }) => churn === 0).every(({ included, dropped }) => included === 8 && dropped === 0),
    ).toBe(true);
    expect(rows.filter(({ churn }) => churn > 0).some(({ dropped }) => dropped > 0)).toBe(true);
  });
});

describe('settings that cannot work', () => {
  it.each([
    [{ graph: 'ring', clients: '10', adversary: 'active' }, 'no ring of 10 members is safe'],
    [{ clients: '10000', graph: 'complete' }, 'at most 2500000 fit here'],
    [{ state: 'consistency-check' }, 'a curious round has no consistency-check'],
    [{ inputBits: '24', clients: '300' }, 'sums of 300 values of 24 bits do not fit 32 bits; 256 clients would'],
    [{ threshold: '2' }, 'threshold 2 is unsound'],
    [{ threshold: '21', graph: 'complete' }, 'at most 20 holders'],
    [{ churnCohort: '50', churnMembers: '40' }, 'a round of 50 cannot be drawn from 40 members'],
    [{ faults: '[{"kind":"drop","share":2}]' }, 'faults[0].share: expected at most 1, but it is 2'],
    [{ faults: 'nonsense' }, 'faults'],
  ])('%j is refused with the bound', (given, message) => {
    const error = thrownBy(() => settingsOf({ ...POINT, ...given })) as CairnError;
    expect([error.code, error.message.includes(message)]).toEqual(['settings-invalid', true]);
    expect(error.hint).not.toBe('');
  });

  it.each([{ dropout: '1.5' }, { dim: '0' }, { dim: '2000000' }, { clients: '20000' }, { state: 'later' }])(
    '%j is refused as out of range',
    (given) => {
      expect((thrownBy(() => settingsOf({ ...POINT, ...given })) as CairnError).code).toBe('config-invalid');
    },
  );
});

describe('presets', () => {
  it.each(['quick', 'paper'] as const)('%s can be run, and says about how long it takes', (preset) => {
    const settings = readSettings(dropout, { preset });
    expect(dropout.estimate(settings)).toBeGreaterThan(preset === 'quick' ? 20 : 600);
    expect(dropout.estimate(settings)).toBeLessThan(preset === 'quick' ? 150 : 6 * 3600);
  });

  it('leave a single point on the command line a single round', () => {
    const settings = settingsOf({
      clients: '1000',
      dim: '100000',
      dropout: '0.3',
      state: 'masked-input',
      graph: 'auto',
    });
    expect(dropout.estimate(settings)).toBeLessThan(60);
  });
});
