import { afterEach, describe, expect, it, vi } from 'vitest';
import { LIMITS } from './support/limits.ts';
import { Seats } from '../../coordinator/gateway/index.ts';
import type { Seat } from '../../coordinator/gateway/seat.ts';
import { AdmissionControl } from '../../coordinator/limits/admission-control.ts';
import { News } from '../../coordinator/news.ts';
import type { TaskStanding } from '../../coordinator/rounds/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { messageName } from '../../protocol/wire/header.ts';
import { decodeTaskNews, type TaskNews, type TaskNewsFields } from '../../protocol/wire/messages/task-news.ts';
import { TestPlace } from './support/gateway.ts';
import { closeAll, openHall } from './support/hall.ts';
import type { ScriptedClient } from './support/scripted-client.ts';
import { until } from './support/until.ts';

afterEach(async () => {
  vi.useRealTimers();
  await closeAll();
});

const standing = (task: string, change: Partial<TaskStanding> = {}): TaskStanding => ({
  ...{ task, state: 'waiting', round: 0, rounds: 9, needed: 3, modelHash: 'ab'.repeat(32), error: undefined },
  ...change,
});

/** News over seats without connections: members 1 to 9, of whom the evens are not admitted to task b. */
function newsroom(...standings: TaskStanding[]) {
  const told: string[] = [];
  const fields: TaskNewsFields[] = [];
  const entrance = new AdmissionControl({ ...LIMITS, trustProxy: 0 }, 1000);
  const seats: Seats = new Seats({
    graceMs: 1000,
    admitted:
      (task) =>
      ({ member }) =>
        task !== 'b' || member % 2 === 1,
    welcomed: (seat) => news.welcomed(seat),
    changed: () => news.seatsChanged(),
  });
  const news: News = new News({ seats, standings: () => standings, draws: false });
  const sit = (id: number, tasks: readonly string[] = []): { readonly seat: Seat; readonly leave: () => void } => {
    const member = memberId(id);
    const link = {
      send: () => undefined,
      tell: (one: TaskNewsFields) => {
        told.push(`${id}: ${one.task} ${one.state} ${one.seated}`);
        fields.push(one);
      },
      end: () => undefined,
    };
    const quota = entrance.quotaOf(member);
    const seat = seats.take(
      { kind: 'member', member, tasks, token: new Uint8Array(), quota },
      link,
      () => void told.push(`${id}: welcome`),
    );
    return { seat, leave: () => seats.drop(seat, link, true) };
  };
  const stands = (change: Partial<TaskStanding> & Pick<TaskStanding, 'task'>): void => {
    const at = standings.findIndex(({ task }) => task === change.task);
    standings[at] = { ...standings[at]!, ...change };
    news.stands(change.task);
  };
  return { told, fields, seats, news, sit, stands };
}

describe('news of tasks', () => {
  it('follow the welcome, running tasks first, and only for tasks that a member named and may take part in', () => {
    vi.useFakeTimers();
    const ended = standing('b', { state: 'finished' });
    const { told, sit } = newsroom(ended, standing('a'), standing('c', { state: 'failed', error: TOO_FEW }));
    sit(1);
    expect(told.splice(0)).toEqual(['1: welcome', '1: a waiting 1', '1: b finished 1', '1: c failed 1']);
    sit(2);
    expect(told.splice(0)).toEqual(['2: welcome', '2: a waiting 2', '2: c failed 2', '1: a waiting 2']);
    sit(3, ['b']);
    expect(told.splice(0)).toEqual(['3: welcome', '3: b finished 2']);
  });

  it('of members present come at most once a second, however many come and go, and are up to date', () => {
    vi.useFakeTimers();
    const { told, sit } = newsroom(standing('a'));
    sit(1);
    told.length = 0;
    for (let i = 0; i < 100; i++) sit(2).leave();
    sit(3);
    const toFirst = (): string[] => told.filter((line) => line.startsWith('1: '));
    expect(toFirst().length).toBeLessThanOrEqual(1);
    vi.advanceTimersByTime(1000);
    expect(toFirst().length).toBeLessThanOrEqual(2);
    expect(toFirst().at(-1)).toBe('1: a waiting 2');
    vi.advanceTimersByTime(60_000);
    expect(toFirst().length).toBeLessThanOrEqual(2);
  });

  it('of an end come at once, to each member once, and do not change with later members', () => {
    vi.useFakeTimers();
    const { told, fields, sit, stands } = newsroom(standing('a'));
    sit(1);
    sit(2);
    told.length = 0;
    stands({ task: 'a', state: 'running' });
    stands({ task: 'a', state: 'failed', error: TOO_FEW });
    expect(told.splice(0)).toEqual(['1: a failed 2', '2: a failed 2']);
    expect(fields.at(-1)).toMatchObject({ code: 'not-enough-clients', message: TOO_FEW.message });
    sit(3);
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual(['3: welcome', '3: a failed 3']);
  });

  it('do not reveal how many members of a task are in a round of another: they may be drawn at random', () => {
    vi.useFakeTimers();
    const { told, seats, sit } = newsroom(standing('a'));
    for (const member of [1, 2, 3]) sit(member);
    vi.advanceTimersByTime(60_000);
    told.length = 0;
    const place = new TestPlace();
    place.seat(seats, [memberId(1), memberId(2)]);
    vi.advanceTimersByTime(60_000);
    seats.release([memberId(1), memberId(2)], place);
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([]);
  });

  it('stop once the coordinator has closed', () => {
    vi.useFakeTimers();
    const { told, news, sit, stands } = newsroom(standing('a'));
    sit(1);
    sit(2);
    told.length = 0;
    stands({ task: 'a', state: 'running' });
    news.close();
    stands({ task: 'a', state: 'finished' });
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([]);
  });
});

const TOO_FEW = new CairnError('not-enough-clients', 'two of three came');

/** What a client was sent over its present connection: names of messages, and news by what they say. */
const sentTo = ({ received }: ScriptedClient): string[] =>
  received.map((bytes) => {
    const name = messageName(bytes);
    if (name !== 'taskNews') return name;
    const { state, round } = decodeTaskNews(bytes);
    return `${state} ${round}`;
  });

const newsOf = ({ received }: ScriptedClient): TaskNews[] =>
  received.filter((bytes) => messageName(bytes) === 'taskNews').map(decodeTaskNews);

describe('a coordinator', () => {
  it('counts a round in its news only after its members have heard how it ended', async () => {
    const hall = await openHall({ rounds: 2 });
    const clients = await Promise.all([1, 2, 3, 4].map((member) => hall.join(member)));
    await hall.coordinator.finished;
    await until(() => clients.every((client) => sentTo(client).includes('finished 2')));
    for (const client of clients) {
      const sent = sentTo(client);
      const outcomes = sent.flatMap((what, at) => (what === 'outcome' ? [at] : []));
      for (const [at, what] of sent.entries()) {
        const round = Number(/ (\d+)$/.exec(what)?.[1] ?? 0);
        expect(outcomes.filter((before) => before < at).length).toBeGreaterThanOrEqual(round);
      }
      // In the middle of a round it never says that none is under way: the client would give it up.
      const first = sent.indexOf('invitation');
      expect(sent.slice(first, outcomes[0])).not.toContain('waiting 0');
      expect(newsOf(client).at(-1)).toMatchObject({ state: 'finished', round: 2, rounds: 2 });
    }
  });

  it('tells present members at once that it stops, and others if they come back within the grace period', async () => {
    const hall = await openHall({ rounds: 5, quorum: 5, cohort: 5 });
    const [there, away] = [await hall.join(1), await hall.join(2)];
    away.cut();
    await until(() => hall.members.includes('away 2'));
    const stopped = hall.coordinator.stop();
    await until(() => sentTo(there).includes('stopped 0'));
    await away.comeBack();
    await until(() => sentTo(away).includes('stopped 0'));
    await stopped;
  });

  it('waits at its end until its members have left, but not for ever', async () => {
    const hall = await openHall({ rounds: 1 });
    const clients = await Promise.all([1, 2, 3, 4].map((member) => hall.join(member)));
    await hall.coordinator.finished;
    await hall.coordinator.farewell(1);
    expect(hall.members.filter((what) => what.startsWith('left'))).toEqual([]);
    const farewell = hall.coordinator.farewell();
    for (const client of clients) client.close();
    await farewell;
    expect(hall.members.filter((what) => what.startsWith('left'))).toHaveLength(4);
  });

  it('reports when a task has ended', async () => {
    const hall = await openHall({ rounds: 1 });
    const ended: string[] = [];
    hall.coordinator.on('ended', ({ task, state }) => void ended.push(`${task} ${state}`));
    await Promise.all([1, 2, 3, 4].map((member) => hall.join(member)));
    await hall.coordinator.finished;
    expect(ended).toEqual(['toy finished']);
  });
});
