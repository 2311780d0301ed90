import { describe, expect, it } from 'vitest';
import type { Laboratory } from '../../../simulations/laboratory/experiment.ts';
import { type Row, Series } from '../../../simulations/laboratory/series.ts';
import { runTraining, runTrainings, type ScoredTraining } from '../../../simulations/laboratory/trainings.ts';

type Score = { readonly training: string; readonly round: number };

const scores = new Series<Score>('scores');
const controller = new AbortController();

/** What trainings use of a laboratory, in memory; the folder's own tests write to disk. */
function laboratory(checkpoints = new Map<string, Uint8Array>(), rows: Row[] = []) {
  const advanced: number[] = [];
  const lab = {
    threads: 2,
    signal: controller.signal,
    results: { rows: () => [...rows] },
    record: (_: Series<Row>, row: Row) => void rows.push(row),
    restore: (name: string) => Promise.resolve(checkpoints.get(name)),
    checkpoint: (name: string, bytes: Uint8Array) => Promise.resolve(void checkpoints.set(name, bytes)),
    advance: (units: number) => void advanced.push(units),
  } as unknown as Laboratory<unknown>;
  return { lab, checkpoints, rows, done: () => advanced.reduce((sum, units) => sum + units, 0) };
}

/** Counts rounds; `slow` waits so many turns of the event loop in each. */
function counting(id: string, rounds: number, { stopAt = rounds, slow = 0, failAt = Infinity } = {}) {
  const steps: number[] = [];
  const training: ScoredTraining<number, Score> = {
    id,
    units: rounds,
    begin: () => 0,
    encode: (round) => Uint8Array.of(round),
    decode: ([round]) => round!,
    progress: (round) => ({ done: round, over: round >= stopAt, at: `round ${round}` }),
    step: async (round) => {
      for (let turn = 0; turn < slow; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (round === failAt) throw new Error('broken off');
      steps.push(round);
      return round + 1;
    },
    rows: (round) => Array.from({ length: round }, (_, i) => ({ training: id, round: i + 1 })),
  };
  return { training, steps };
}

const rowsOf = (id: string, rounds: number): Score[] =>
  Array.from({ length: rounds }, (_, i) => ({ training: id, round: i + 1 }));

describe('trainings', () => {
  it('record their rows in the order of the trainings, whichever is done first', async () => {
    const { lab, rows } = laboratory();
    const trainings = [counting('slow', 3, { slow: 20 }), counting('quick', 2)];
    await runTrainings(lab, scores, trainings, ({ training }) => training);
    expect(rows).toEqual([...rowsOf('slow', 3), ...rowsOf('quick', 2)]);
  });

  it('go on behind their checkpoints, and record nothing twice', async () => {
    const first = laboratory();
    const broken = counting('a', 4, { failAt: 2 });
    await expect(runTrainings(first.lab, scores, [broken], ({ training }) => training)).rejects.toThrow('broken off');
    expect(first.rows).toEqual(rowsOf('a', 2));
    const second = laboratory(first.checkpoints, first.rows);
    const again = counting('a', 4);
    await runTrainings(second.lab, scores, [again, counting('b', 1)], ({ training }) => training);
    expect(again.steps).toEqual([2, 3]);
    expect(second.rows).toEqual([...rowsOf('a', 4), ...rowsOf('b', 1)]);
  });

  it('record the rows of a checkpoint that the rows on disk do not reach', async () => {
    const { lab, rows } = laboratory(new Map([['a', Uint8Array.of(2)]]), rowsOf('a', 1));
    await runTrainings(lab, scores, [counting('a', 3)], ({ training }) => training);
    expect(rows).toEqual(rowsOf('a', 3));
  });

  it('that end early have done all units that were planned for them', async () => {
    const { lab, done } = laboratory();
    await expect(runTraining(lab, counting('a', 5, { stopAt: 2 }).training)).resolves.toBe(2);
    expect(done()).toBe(5);
  });

  it('are told of each state only once its checkpoint is written', async () => {
    const { lab, checkpoints } = laboratory();
    const seen: [number, number | undefined][] = [];
    const { training } = counting('a', 3);
    await runTraining(lab, { ...training, saved: (round) => void seen.push([round, checkpoints.get('a')?.[0]]) });
    expect(seen).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it('hand their last state on', async () => {
    const { lab } = laboratory();
    const last: number[] = [];
    await runTrainings(lab, scores, [3, 1], (rounds: number): ScoredTraining<number, Score> => ({
      ...counting(`of ${rounds}`, rounds).training,
      ended: (round) => void last.push(round),
    }));
    expect(last.sort()).toEqual([1, 3]);
  });
});
