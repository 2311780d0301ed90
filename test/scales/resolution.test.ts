import { describe, expect, it } from 'vitest';
import { participationLine } from '../../cli/participation-line.ts';
import { roundLine } from '../../cli/round-line.ts';
import { MemoryStore } from '../../coordinator/index.ts';
import { vectorLength } from '../../protocol/quantize/index.ts';
import { packedLength } from '../../protocol/kernels/index.ts';
import { useClients } from '../client/support/session.ts';
import { PlainApp, rms, useCoordinators, zeros } from './support.ts';

const { enter } = useClients();
const coordinate = useCoordinators();

const WEIGHTS = 2000;
const SHAPES = { w: [WEIGHTS] };

/** Every weight by as much. */
const shift =
  (by: number) =>
  ({ w }: Record<string, Float32Array>): void => {
    for (let i = 0; i < w!.length; i++) w![i]! += by;
  };

describe('a task on the defaults', () => {
  it('keeps the update of three members with ten examples each, which rounding had taken nearly three times over', async () => {
    const { coordinator, reports } = await coordinate({ rounds: 8 }, { model: zeros(SHAPES) });
    const clients = [0, 1, 2].map(() => enter(coordinator.url, new PlainApp(SHAPES, shift(0.01), { loss: 0.05 })));
    await coordinator.finished;
    const [measured, first] = reports;
    expect(measured).toMatchObject({ outcome: 'measured', measures: true, round: 1, attempt: 1, included: 3 });
    expect(first).toMatchObject({ outcome: 'committed', round: 1, attempt: 1, examples: 30, clipped: 0, cut: 0 });
    expect(first!.loss).toBeCloseTo(0.05, 2);
    expect(first!.accuracy).toBeCloseTo(0.5, 3);
    expect(first!.rounding).toBeLessThan(0.05);
    const { w } = coordinator.model('toy')!;
    expect(rms(w!.map((value) => value - 0.08)) / 0.01).toBeLessThan(0.05 * Math.sqrt(8));
    // What the estimate says is what it was.
    expect(rms(w!.map((value) => value - 0.08)) / 0.01 / Math.sqrt(8)).toBeGreaterThan(first!.rounding! / 3);
    for (const { app, log, participation } of clients) {
      // One training for the measure and the round.
      expect(app.trained).toBe(8);
      await log.next('committed', 8);
      expect(log.of('measured')).toHaveLength(1);
      await participation.leave();
      expect(await participation.closed).toMatchObject({ included: 8, missed: 0, abandoned: 0, refused: 0 });
    }

    // And it costs little: what peaks and counters add to a round's bytes, and the measure to those of the task.
    const bytes = ({ bytesUp, bytesDown }: (typeof reports)[number]): number => bytesUp + bytesDown;
    const added = 3 * (packedLength(vectorLength({ dimension: WEIGHTS }), 18) - packedLength(WEIGHTS + 3, 18));
    expect(added / (bytes(first!) - added)).toBeLessThan(0.1);
    const before = reports.slice(1).reduce((sum, report) => sum + bytes(report) - added, 0);
    const total = reports.reduce((sum, report) => sum + bytes(report), 0);
    expect(total / before).toBeLessThan(1.1);
  });

  it('loses that update on fixed scales: the measure is what keeps it', async () => {
    const { coordinator, reports } = await coordinate(
      { scales: 'fixed', maxExamples: 10_000, lossBound: 16 },
      { model: zeros(SHAPES) },
    );
    for (let i = 0; i < 3; i++) enter(coordinator.url, new PlainApp(SHAPES, shift(0.01)));
    await coordinator.finished;
    const { w } = coordinator.model('toy')!;
    expect(rms(w!.map((value) => value - 0.01)) / 0.01).toBeGreaterThan(2);
    expect(reports.map(({ outcome }) => outcome)).toEqual(['committed']);
    expect(reports[0]!.rounding).toBeGreaterThan(0.5);
  });

  it('weighs 60 000 examples six times as much as 10 000: 0.75 and not a third', async () => {
    const { coordinator, reports } = await coordinate({}, { model: zeros({ w: [4] }) });
    for (const [by, examples] of [
      [1, 60_000],
      [0, 10_000],
      [0, 10_000],
    ] as const)
      enter(coordinator.url, new PlainApp({ w: [4] }, shift(by), { examples }));
    await coordinator.finished;
    for (const value of coordinator.model('toy')!.w!) expect(value).toBeCloseTo(0.75, 3);
    expect(reports.at(-1)).toMatchObject({ cut: 0 });
    // Such a count is rounded on its way; an operator's line shows no fraction of an example.
    const { examples: counted = 0 } = reports.at(-1)!;
    expect(counted).not.toBe(Math.round(counted));
    expect(roundLine(reports.at(-1)!, String)).toMatch(/ over (?:7999|8000)\d examples$/);
  });

  it('reports losses below zero and far above sixteen as they are', async () => {
    for (const loss of [-2, 250]) {
      const { coordinator, reports } = await coordinate({}, { model: zeros({ w: [4] }) });
      for (let i = 0; i < 3; i++) enter(coordinator.url, new PlainApp({ w: [4] }, shift(1), { loss }));
      await coordinator.finished;
      expect(Math.abs(reports.at(-1)!.loss! / loss - 1)).toBeLessThan(0.01);
      await coordinator.stop();
    }
  });

  it('is told of an accuracy of 93.5 by the client that refuses it, and goes on without that client', async () => {
    const { coordinator, reports } = await coordinate({ quorum: 3, cohort: 4 }, { model: zeros({ w: [4] }) });
    const percent = enter(coordinator.url, new PlainApp({ w: [4] }, shift(1), { accuracy: 93.5 }));
    await percent.log.next('connected');
    for (let i = 0; i < 3; i++) enter(coordinator.url, new PlainApp({ w: [4] }, shift(1), { accuracy: 0.25 }));
    await coordinator.finished;
    const refused = await percent.log.next('refused');
    expect(refused).toMatchObject({ code: 'app-failed' });
    expect(refused.message).toContain('93.5');
    expect(refused.hint).toContain('use a share of 1');
    expect(percent.log.of('failed')).toEqual([]);
    expect(reports.at(-1)!.accuracy).toBeCloseTo(0.25, 3);
  });
});

describe('what is beyond a bound', () => {
  it('is told to its client, and counted for the operator', async () => {
    const { coordinator, reports } = await coordinate(
      { maxExamples: 20, lossBound: 4, clip: 1 },
      { model: zeros({ w: [4] }) },
    );
    const heavy = enter(coordinator.url, new PlainApp({ w: [4] }, shift(1), { examples: 50, loss: -9 }));
    for (let i = 0; i < 2; i++) enter(coordinator.url, new PlainApp({ w: [4] }, shift(0.1), { examples: 20 }));
    await coordinator.finished;
    expect(reports.at(-1)).toMatchObject({ clipped: 1, cut: 1, examples: 60 });
    const cuts = heavy.log.of('cut');
    expect(cuts).toMatchObject([
      { what: 'examples', value: 50, bound: 20 },
      { what: 'loss', value: -9, bound: 4 },
    ]);
    expect(cuts.map(participationLine)).toEqual([
      'round 1: your 50 examples count as 20: later rounds count more, up to the task’s maxExamples',
      'round 1: your loss -9 is reported as -4: later rounds report more, up to the task’s lossBound',
    ]);
  });

  it('of a scale that followed the data is cut once: the next round has room for it', async () => {
    const { coordinator, reports } = await coordinate({ rounds: 3 }, { model: zeros({ w: [4] }) });
    const growing = (): PlainApp => {
      const app = new PlainApp({ w: [4] }, shift(1));
      const { train } = app;
      app.train = async (parameters) => ({ ...(await train.call(app, parameters)), loss: app.trained ** 4 });
      return app;
    };
    for (let i = 0; i < 3; i++) enter(coordinator.url, growing());
    await coordinator.finished;
    // Losses 1, 16 and 81: 16 is beyond four times 1.
    expect(reports.slice(1).map(({ cut }) => cut)).toEqual([0, 3, 3]);
    expect(reports[2]!.loss).toBeCloseTo(4, 2);
  });
});

describe('scales', () => {
  it('that are fixed are those of the configuration, also where it is changed between two runs', async () => {
    const store = new MemoryStore();
    const run = async (rounds: number, maxExamples: number): Promise<number | undefined> => {
      const task = { rounds, maxExamples, scales: 'fixed', lossBound: 16 };
      const { coordinator, reports } = await coordinate(
        task,
        rounds === 1 ? { model: zeros({ w: [4] }), store } : { store },
      );
      for (let i = 0; i < 3; i++) enter(coordinator.url, new PlainApp({ w: [4] }, shift(1), { examples: 50 }));
      await coordinator.finished;
      await coordinator.stop();
      return reports.at(-1)!.examples;
    };
    expect(await run(1, 20)).toBe(60);
    expect(await run(2, 50)).toBe(150);
    expect(await store.loadTask('toy')).not.toHaveProperty('scales');
  });

  it('are measured once for a task: a coordinator that is started again knows them', async () => {
    const store = new MemoryStore();
    const first = await coordinate({ rounds: 1 }, { model: zeros({ w: [4] }), store });
    for (let i = 0; i < 3; i++) enter(first.coordinator.url, new PlainApp({ w: [4] }, shift(1)));
    await first.coordinator.finished;
    await first.coordinator.stop();
    expect(await store.loadTask('toy')).toMatchObject({ scales: { maxExamples: 16, lossBound: 4, untrained: [] } });
    const second = await coordinate({ rounds: 2 }, { store });
    for (let i = 0; i < 3; i++) enter(second.coordinator.url, new PlainApp({ w: [4] }, shift(1)));
    await second.coordinator.finished;
    expect(second.reports.map(({ outcome, round }) => [outcome, round])).toEqual([['committed', 2]]);
  });
});
