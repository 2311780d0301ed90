import { afterEach, describe, expect, it } from 'vitest';
import { termsOf } from '../../protocol/rounds/inputs/index.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import type { Evaluation } from '../../coordinator/index.ts';
import { closeAll, type Hall, openHall } from '../coordinator/support/hall.ts';
import type { Script, ScriptedClient } from '../coordinator/support/scripted-client.ts';

afterEach(closeAll);

const joinAll = (hall: Hall, scripts: Readonly<Record<number, Script>> = {}): Promise<ScriptedClient[]> =>
  Promise.all([1, 2, 3, 4].map((member) => hall.join(member, scripts[member])));

const MEASURED = { scales: 'measured', maxExamples: 1_000_000, lossBound: 1000 };

/** Sends no input where only scales are measured. */
const silent: Script = {
  send: (name, bytes, client) =>
    name === 'maskedInput' && client.settings.at(-1)?.measures === true ? undefined : bytes,
};

const events = (hall: Hall): string[] => hall.lines.map((line) => (JSON.parse(line) as { event: string }).event);

describe('an attempt that only measures', () => {
  it('costs its members nothing where it fails: the task begins without, and nobody is left out', async () => {
    const hall = await openHall({ ...MEASURED, minCohort: 4, attempts: 1, deadlines: { maskedInput: 0.5 } });
    const clients = await joinAll(hall, { 3: silent });
    await hall.coordinator.finished;
    expect(hall.reports.map(({ outcome, measures, attempt }) => [outcome, measures, attempt])).toEqual([
      ['abandoned', true, 1],
      ['abandoned', true, 1],
      ['committed', undefined, 1],
    ]);
    expect(hall.reports.flatMap(({ benched = [] }) => benched)).toEqual([]);
    expect(events(hall)).toContain('scales-unmeasured');
    // On the bounds of the task, which it keeps for all attempts from this model.
    expect(clients[0]!.settings.at(-1)).toMatchObject({ maxExamples: 1_000_000, lossBound: 1000 });
    expect(hall.reports.at(-1)).toMatchObject({ included: 4 });
  });

  it('binds nobody: a member that drops after it is not missed in the round', async () => {
    const dropping: Script = {
      send: (name, bytes, client) =>
        name === 'shareKeys' && client.settings.at(-1)?.measures !== true ? undefined : bytes,
    };
    const hall = await openHall({ ...MEASURED, minCohort: 3, attempts: 1, deadlines: { shareKeys: 0.5 } });
    await joinAll(hall, { 3: dropping });
    await hall.coordinator.finished;
    expect(hall.reports.map(({ outcome, included }) => [outcome, included])).toEqual([
      ['measured', 4],
      ['committed', 3],
    ]);
    expect(hall.reports.at(-1)!.rebases).toBeUndefined();
  });

  it('is of peaks alone: its vectors are a few words, whatever the model', async () => {
    const hall = await openHall({ ...MEASURED, model: { tensors: { w: [5000] } } });
    const clients = await joinAll(hall);
    await hall.coordinator.finished;
    const sizes = clients[0]!.sent.filter(({ name }) => name === 'maskedInput').map(({ bytes }) => bytes.length);
    expect(sizes).toHaveLength(2);
    expect(sizes[0]).toBeLessThan(150);
    expect(sizes[1]).toBeGreaterThan(10_000);
  });

  it('is held by each group, and the greatest of their peaks counts', async () => {
    const hall = await openHall({
      ...MEASURED,
      ...{ cohort: 12, quorum: 12, minCohort: 3, colluding: 0.1, groups: { count: 3, rule: 'median' } },
    });
    await Promise.all(
      Array.from({ length: 12 }, (_, i) => hall.join(i + 1, i === 5 ? { examples: 90 } : { examples: 5 })),
    );
    await hall.coordinator.finished;
    expect(hall.reports.map(({ outcome }) => outcome)).toEqual(['measured', 'committed']);
    const measured = hall.lines.map((line) => JSON.parse(line) as { event: string; maxExamples?: number });
    expect(measured.find(({ event }) => event === 'scales-measured')).toMatchObject({ maxExamples: 128 });
  });
});

describe('the scales of a task', () => {
  it('are the same for all attempts from one model, and follow the data to the next', async () => {
    let looks = 0;
    // The first model after the one that stands is worse: a rollback, and members train anew.
    const evaluate = (): Promise<Evaluation> =>
      Promise.resolve({ loss: ++looks === 2 ? 9 : 1, accuracy: 0.5, examples: 10 });
    const hall = await openHall(
      { ...MEASURED, rounds: 3, attempts: 3, validation: { metric: 'loss', tolerance: 0.1 } },
      { evaluate },
    );
    const clients = await joinAll(hall, { 1: { examples: 7 }, 2: { examples: 90 } });
    await hall.coordinator.finished;
    expect(hall.reports.map(({ outcome }) => outcome)).toEqual([
      ...['measured', 'rolled-back', 'committed', 'committed', 'committed'],
    ]);
    for (const { settings } of clients) {
      const terms = new Map<string, Set<string>>();
      for (const one of settings.filter(({ measures }) => measures !== true)) {
        const model = toHex(one.modelHash);
        terms.set(model, (terms.get(model) ?? new Set()).add(toHex(termsOf(nodePrimitives, one))));
      }
      expect([...terms.values()].map(({ size }) => size)).toEqual([1, 1, 1]);
      expect(settings.slice(1).every(({ maxExamples }) => maxExamples === 128)).toBe(true);
      // The losses are between 1 and 4, and have four times as much.
      expect(settings.at(-1)!.lossBound).toBe(16);
    }
  });

  it('never exceed the task’s own bounds, whatever a member claims', async () => {
    const hall = await openHall({ ...MEASURED, maxExamples: 200, rounds: 2 });
    const clients = await joinAll(hall, { 2: { examples: 5_000_000 } });
    await hall.coordinator.finished;
    expect(clients[0]!.settings.map(({ maxExamples }) => maxExamples)).toEqual([200, 200, 200]);
    expect(hall.reports.at(-1)).toMatchObject({ cut: 1 });
  });

  it('cannot help where bits are too few, of which the log warns before the first round', async () => {
    const poor = await openHall({ ...MEASURED, inputBits: 3, model: { tensors: { w: [1000] } } });
    expect(events(poor).filter((event) => event === 'resolution-poor')).toHaveLength(1);
    const fair = await openHall({ ...MEASURED, model: { tensors: { w: [1000] } } });
    expect(events(fair)).not.toContain('resolution-poor');
  });

  it('cannot help where the clip is thousands of times the updates, of which the log warns after two rounds', async () => {
    const hall = await openHall({ ...MEASURED, rounds: 3, clip: 1e4 });
    await joinAll(hall);
    await hall.coordinator.finished;
    expect(events(hall).filter((event) => event === 'resolution-poor')).toHaveLength(1);
    expect(hall.reports.at(-1)!.rounding).toBeGreaterThan(0.05);
  });
});
