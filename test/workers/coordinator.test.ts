import { availableParallelism } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig, type ProgressEvent, type TaskStatus } from '../../coordinator/index.ts';
import { closeAll, openHall } from '../coordinator/support/hall.ts';
import { errorOf } from '../coordinator/support/errors.ts';

afterEach(closeAll);

const task = {
  name: 'toy',
  rounds: 1,
  cohort: 4,
  adversary: 'curious',
  unsafeOpenEnrolment: true,
  model: { tensors: { w: [2] } },
};
const configOf = (change: object): ReturnType<typeof parseConfig> => parseConfig({ ...change, tasks: [task] });

describe('the number of workers', () => {
  it('is that of the cores, at most eight', () => {
    expect(configOf({}).workers).toBe(Math.min(8, availableParallelism()));
  });

  it('may be none, or a few', () => {
    for (const workers of [0, 1, 64]) expect(configOf({ workers }).workers).toBe(workers);
  });

  it.each([[-1], [65], [1.5], ['2'], [null]])('is not %j', (workers) => {
    const error = errorOf(() => configOf({ workers }));
    expect(error.code).toBe('config-invalid');
    expect(error.message).toMatch(/^workers: expected /);
  });

  it('is found where it is misspelt', () => {
    expect(errorOf(() => configOf({ worker: 2 })).message).toContain('did you mean "workers"');
  });
});

describe.each([0, 2])('a coordinator with %i workers', (workers) => {
  it('tells how far the opening of a sum is', async () => {
    const hall = await openHall({}, { config: { workers } });
    const events: ProgressEvent[] = [];
    const seen: (TaskStatus['progress'] | 'none')[] = [];
    hall.coordinator.on('progress', (event) => {
      events.push(event);
      seen.push(hall.coordinator.tasks[0]!.progress);
    });
    hall.coordinator.on('state', () => void seen.push(hall.coordinator.tasks[0]!.progress ?? 'none'));
    await Promise.all([1, 2, 3, 4].map((member) => hall.join(member)));
    await hall.coordinator.finished;
    expect(events).toEqual([{ task: 'toy', round: 1, attempt: 1, done: 4, of: 4 }]);
    expect(seen.filter((progress) => progress !== 'none')).toEqual([{ done: 4, of: 4 }]);
    expect(hall.coordinator.tasks[0]).not.toHaveProperty('progress');

    const entry = hall.lines.map((line) => JSON.parse(line) as Record<string, unknown>).find(isUnmasked);
    expect(entry).toMatchObject({ task: 'toy', round: 1, attempt: 1, masks: 4, workers: 0 });
    const metrics = await (await fetch(`${hall.coordinator.url}/metrics`)).text();
    expect(metrics).toContain('cairn_unmasked_masks_total{task="toy",where="main"} 4');
    expect(metrics).toContain('cairn_workers_lost_total 0');
  });
});

const isUnmasked = ({ event }: Record<string, unknown>): boolean => event === 'unmasked';
