import { afterEach, describe, expect, it } from 'vitest';
import type { Coordinator, WaitingEvent } from '../../coordinator/index.ts';
import { closeAll, openHall } from './support/hall.ts';
import type { Script } from './support/scripted-client.ts';
import { until } from './support/until.ts';

afterEach(closeAll);

function watched(coordinator: Coordinator): WaitingEvent[] {
  const events: WaitingEvent[] = [];
  coordinator.on('waiting', (event) => void events.push(event));
  return events;
}

/** Says good-bye instead of sending its masked input in the first round. */
const leaves = (): Script => ({
  send: (name, bytes, client) => (name === 'maskedInput' ? (client.close(), undefined) : bytes),
});

// With two of three clients there nothing was printed, and a hospital waited for an afternoon.
describe('a task that waits for its quorum', () => {
  it('reports the members present, the number needed and those awaited, from the first moment on, each change once', async () => {
    const hall = await openHall({ cohort: 3 });
    const events = watched(hall.coordinator);
    await until(() => events.length === 1);
    for (const member of [5, 2]) {
      await hall.join(member);
      await until(() => events.at(-1)?.present.includes(member as never) === true);
    }
    expect(events.map(({ present }) => present)).toEqual([[], [5], [2, 5]]);
    expect(events[2]).toEqual({
      ...{ task: 'toy', round: 1, for: 'quorum', present: [2, 5], leftOut: 0, needed: 3, fewest: 3 },
      ...{ missing: [1, 3, 4, 6, 7, 8, 9, 10, 11, 12], gone: [], timeouts: 0, quorumTimeout: 0 },
    });
    await hall.join(1);
    await hall.coordinator.finished;
    expect(events).toHaveLength(3);
  });

  it('names members that have left for good, if it could do without them', async () => {
    const hall = await openHall({ cohort: 4, minCohort: 3, rounds: 2 });
    const events = watched(hall.coordinator);
    await Promise.all([1, 2, 3, 4].map((member) => hall.join(member, member === 4 ? leaves() : {})));
    await until(() => hall.reports.length === 1 && events.some(({ round }) => round === 2));
    await until(() => events.at(-1)?.present.length === 3);
    expect(events.at(-1)).toMatchObject({ round: 2, present: [1, 2, 3], needed: 4, fewest: 3, gone: [4] });
    // When it is back, it is missed no more.
    await hall.join(4);
    await hall.coordinator.finished;
    expect(hall.reports.map(({ included }) => included)).toEqual([3, 4]);
  });
});

describe('a quorumTimeout that passes', () => {
  const task = { cohort: 4, minCohort: 3, quorumTimeout: 0.05 };

  it('ends nothing: it is reported each time, and the round begins when the quorum is reached', async () => {
    const hall = await openHall(task);
    const events = watched(hall.coordinator);
    await Promise.all([1, 2, 3].map((member) => hall.join(member)));
    await until(() => events.some(({ timeouts }) => timeouts === 2));
    const overdue = hall.lines.filter((line) => line.includes('"event":"quorum-overdue"'));
    expect(overdue.length).toBeGreaterThanOrEqual(2);
    expect(JSON.parse(overdue[0]!)).toMatchObject({ task: 'toy', quorum: 4, level: 40 });
    expect(hall.reports).toEqual([]);
    await hall.join(4);
    await hall.coordinator.finished;
    expect(hall.reports[0]).toMatchObject({ outcome: 'committed', included: 4 });
  });

  it('lets the round run with the members present, if configured, but never with fewer than minCohort', async () => {
    const hall = await openHall({ ...task, afterQuorumTimeout: 'run' });
    const events = watched(hall.coordinator);
    await Promise.all([1, 2].map((member) => hall.join(member)));
    await until(() => events.some(({ timeouts, present }) => timeouts >= 1 && present.length === 2));
    expect(events.at(-1)).toMatchObject({ needed: 3, fewest: 3 });
    expect(hall.reports).toEqual([]);
    await hall.join(3);
    await hall.coordinator.finished;
    expect(hall.reports[0]).toMatchObject({ outcome: 'committed', included: 3 });
  });

  it('applies to every round again: members that come back have their chance', async () => {
    const hall = await openHall({ ...task, rounds: 2, afterQuorumTimeout: 'run' });
    const events = watched(hall.coordinator);
    await Promise.all([1, 2, 3].map((member) => hall.join(member)));
    await hall.coordinator.finished;
    const second = events.filter(({ round }) => round === 2);
    expect(second[0]).toMatchObject({ timeouts: 0, needed: 4 });
  });
});
