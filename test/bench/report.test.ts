import { afterEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../bench/main.ts';
import { parseOptions, UsageError } from '../../bench/options.ts';
import { type Plan, TABLES } from '../../bench/plan.ts';
import { allExact, runBench } from '../../bench/run.ts';
import { reportSchema } from '../../bench/schema.ts';
import type { Runner } from '../../bench/support/runner.ts';
import { performTask, type RunTask } from '../../bench/tasks.ts';
import { nodeKeyImport } from '../../protocol/crypto/node/native.ts';

const inProcess: RunTask = (name, argument) => performTask(name, argument, inProcess);

const shape = { n: 12, d: 40, drop: 0.1, realClients: 3, repeats: 1 };

/** Every table, as small as it can be. */
const tiny: Plan = {
  kernels: { words: 200, repeats: 1, operations: { repeats: 1, n: 8, t: 5 }, opensslSeconds: 0 },
  rounds: {
    shapes: [
      { ...shape, graph: 'complete' },
      { ...shape, n: 40, graph: 'ring', repeats: 2 },
    ],
    traffic: { n: 64, d: 5000 },
  },
  sockets: [{ clients: 4, processes: 1, d: 50 }],
  training: [{ model: 'MLP 784-128-64-10', batch: 4, steps: 2, repeats: 1, pytorch: false }],
  growth: { n: { values: [8, 16], d: 20 }, d: { values: [20, 80], n: 8 }, drop: 0.1, realClients: 2, repeats: 1 },
  witnesses: { sizes: [100, 300], repeats: 1 },
  mpc: {
    ...{ repeats: 1, minMs: 0, batches: [1, 2], lanes: [1, 3] },
    ...{ transfers: 9, values: [5], gmwLanes: 7 },
  },
};

function recorder(): { readonly runner: Runner; readonly text: () => string } {
  const lines: string[] = [];
  return {
    runner: { run: inProcess, print: (line) => void lines.push(line), note: () => undefined },
    text: () => lines.join('\n'),
  };
}

describe('a run of every table', () => {
  test('gives JSON of the schema, and every sum is exact', async () => {
    const { runner, text } = recorder();
    const report = await runBench(tiny, TABLES, runner);
    expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(allExact(report)).toBe(true);

    expect(report.kernels.map(({ name }) => name)).toContain('ChaCha12 wasm');
    expect(report.rounds).toHaveLength(2);
    const [round] = report.rounds;
    expect(round).toMatchObject({ n: 12, d: 40, drop: 0.1, graph: 'complete', k: 11, t: 7, exact: true });
    expect(Object.keys(round!.clientPhasesMs)).toEqual(['advertiseKeys', 'shareKeys', 'maskedInput', 'unmasking']);
    const { computingOneThread = 0, ...phases } = round!.serverPhasesMs;
    expect(computingOneThread).toBeGreaterThanOrEqual(0);
    expect(Object.values(phases).reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(round!.serverMs, 1);
    expect(report.traffic).toMatchObject([{ graph: 'complete', n: 64, d: 5000 }, { graph: 'ring' }]);
    expect(report.witnesses).toMatchObject([
      { n: 100, w: 46, q: 36, neighbours: 38 },
      { n: 300, w: 119, q: 95, neighbours: 99 },
    ]);
    for (const { bytes, neighboursBytes } of report.witnesses) expect(bytes).toBeLessThan(neighboursBytes);
    expect(report.sockets).toMatchObject([{ clients: 4, included: 4, exact: true }]);
    const { loopDelayP50Ms, loopDelayP99Ms, loopDelayMaxMs } = report.sockets[0]!;
    expect([loopDelayP50Ms, loopDelayP99Ms, loopDelayMaxMs].sort((a, b) => a - b)).toEqual([
      loopDelayP50Ms,
      loopDelayP99Ms,
      loopDelayMaxMs,
    ]);
    expect(text()).toMatch(/p50 .*, p99 .*, max .* ms/);
    expect(report.training).toMatchObject([{ model: 'MLP 784-128-64-10', batch: 4 }]);
    expect(report.growth).toHaveLength(8);
    expect(text()).toContain('masked inputs are simulated');
    expect(new Set(report.mpc.map(({ unit }) => unit))).toEqual(
      new Set(['block', 'MAC', 'AND', 'OT', 'value', 'piece']),
    );
    expect(new Set(report.mpc.map(({ name }) => name)).size).toBe(report.mpc.length);
    expect(text()).toMatch(/half-gates, evaluate, 3 lanes +\d/);
  });

  test('leaves tables empty that were not asked for', async () => {
    const { runner } = recorder();
    const { machine, ...tables } = await runBench(tiny, [], runner);
    expect(machine.cores).toBeGreaterThan(0);
    expect(machine).toMatchObject({ node: process.version, keyImport: nodeKeyImport });
    expect(Object.values(tables).flat()).toEqual([]);
  });
});

describe('the command line', () => {
  afterEach(() => vi.restoreAllMocks());

  test('takes tables one by one or in a list, and puts them in order', () => {
    expect(parseOptions([]).tables).toEqual(TABLES);
    expect(parseOptions(['--only', 'growth,rounds', '--only', 'kernels']).tables).toEqual([
      'kernels',
      'rounds',
      'growth',
    ]);
    expect(parseOptions(['--quick', '--json', 'a.json', '--out', 'b'])).toMatchObject({
      quick: true,
      json: 'a.json',
      out: 'b',
    });
  });

  test.each([
    [['--only', 'kernel'], 'there is no table "kernel"; did you mean "kernels"?'],
    [
      ['--only', 'everything'],
      'there is no table "everything"; there are kernels, rounds, sockets, training, growth, witnesses, mpc',
    ],
    [['--onyl', 'rounds'], 'unknown option --onyl; did you mean "--only"?'],
    [['--json'], /argument missing/],
    [['rounds'], /Unexpected argument 'rounds'/],
  ])('refuses %j in one line', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });

  test('ends with exit code 2 for an unknown table, and says so once', async () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await expect(main(['--only', 'round'])).resolves.toBe(2);
    expect(write.mock.calls).toEqual([['bench: there is no table "round"; did you mean "rounds"?\n']]);
  });
});
