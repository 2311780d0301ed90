import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Ending, type EndingOptions } from '../../client/ending.ts';
import type { TaskEvent } from '../../client/events.ts';
import { Tasks } from '../../client/tasks.ts';
import { parseAddress } from '../../client/transport/address.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import { ParameterLayout } from '../../protocol/model/layout.ts';
import { NEWS_STATES, type NewsState, type TaskNewsFields } from '../../protocol/wire/messages/task-news.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const news = (state: NewsState, change: Partial<TaskNewsFields> = {}): TaskNewsFields => {
  const counts = { round: 1, rounds: 9, seated: 1, needed: 3 };
  const reason = state === 'failed' ? { code: 'below-threshold', message: 'few' } : { code: '', message: '' };
  return { task: 'a', state, ...counts, modelHash: new Uint8Array(32), ...reason, ...change };
};

function tasksOf(...named: string[]): { readonly tasks: Tasks; readonly told: TaskEvent[] } {
  const told: TaskEvent[] = [];
  return { tasks: new Tasks(named, (event) => void told.push(event)), told };
}

describe('what a coordinator says of tasks', () => {
  it('is told when it changes, and not when it is said again', () => {
    const { tasks, told } = tasksOf();
    for (let i = 0; i < 3; i++) tasks.take(news('waiting'));
    vi.advanceTimersByTime(60_000);
    expect(told).toHaveLength(1);
    tasks.take(news('waiting', { seated: 2 }));
    expect(told.map(({ seated }) => seated)).toEqual([1, 2]);
  });

  it('is told a few times a second, however fast it changes, and the last of it always', () => {
    const { tasks, told } = tasksOf();
    let said = 0;
    for (let second = 0; second < 10; second++) {
      for (let i = 0; i < 10_000; i++) tasks.take(news(NEWS_STATES[said++ % 6]!, { seated: said }));
      vi.advanceTimersByTime(1000);
    }
    expect(told.length).toBeLessThanOrEqual(5 * 11);
    expect(told.at(-1)).toMatchObject({ seated: said });
    vi.advanceTimersByTime(60_000);
    expect(told.length).toBeLessThanOrEqual(5 * 11);
  });

  it('is told at once where it is the end', () => {
    const { tasks, told } = tasksOf();
    tasks.take(news('running'));
    tasks.take(news('running', { seated: 2 }));
    tasks.take(news('finished', { seated: 3 }));
    expect(told.map(({ state, seated }) => `${state} ${seated}`)).toEqual(['running 1', 'finished 3']);
  });

  it('is told to the end when the participation is over, and not after it', () => {
    const { tasks, told } = tasksOf();
    tasks.take(news('waiting'));
    tasks.take(news('waiting', { seated: 2 }));
    tasks.close();
    expect(told.map(({ seated }) => seated)).toEqual([1, 2]);
    vi.advanceTimersByTime(60_000);
    expect(told).toHaveLength(2);
  });

  it('is about no more tasks than a client may name, and about none that it has not named', () => {
    const { tasks, told } = tasksOf();
    for (let i = 0; i < 10_000; i++) tasks.take(news('finished', { task: `task ${i}` }));
    expect(tasks.ends).toHaveLength(64);
    expect(told).toHaveLength(64);
    const named = tasksOf('a', 'b');
    expect(['a', 'b', 'c'].map((task) => named.tasks.take(news('finished', { task })))).toEqual([true, true, false]);
    expect(named.told).toHaveLength(2);
  });

  it('ends a participation only where every task has ended that it is there for', () => {
    const ended = (named: string[], ...said: [string, NewsState][]): boolean => {
      const { tasks } = tasksOf(...named);
      for (const [task, state] of said) tasks.take(news(state, { task }));
      return tasks.ended;
    };
    expect(ended([])).toBe(false);
    for (const state of NEWS_STATES) {
      expect(ended([], ['a', state])).toBe(state === 'finished' || state === 'failed' || state === 'budget-spent');
    }
    expect(ended([], ['a', 'finished'], ['b', 'running'])).toBe(false);
    expect(ended(['a', 'b'], ['a', 'finished'])).toBe(false);
    expect(ended(['a', 'b'], ['a', 'finished'], ['b', 'failed'])).toBe(true);
    // A coordinator that takes an end back is believed as little as when it said so.
    expect(ended([], ['a', 'finished'], ['a', 'running'])).toBe(false);
  });
});

describe('the end of a participation', () => {
  function endingOf(change: Partial<EndingOptions> = {}) {
    const { tasks } = tasksOf();
    const seen = { pauses: [] as number[], over: 0 };
    const options = { stay: false, returnTimeoutMs: 1000, pauses: { seeking: 30, stopped: 60 }, onModel: undefined };
    const ending = new Ending(
      { ...options, ...change },
      {
        tasks,
        models: {
          address: parseAddress('http://localhost:1'),
          primitives: portablePrimitives,
          layout: new ParameterLayout({ w: [1] }),
          firstPauseMs: 1,
        },
        pauseAtMost: (ms) => void seen.pauses.push(ms),
        over: () => {
          seen.over++;
        },
      },
    );
    const say = (state: NewsState): void => {
      tasks.take(news(state));
      ending.look();
    };
    return { seen, say, ending };
  }

  it('comes when a stopped coordinator has been away for long enough, which is not sought so often meanwhile', () => {
    const { seen, say } = endingOf();
    say('running');
    say('stopped');
    vi.advanceTimersByTime(999);
    // Said again, it is no reason to wait anew.
    say('stopped');
    expect(seen).toEqual({ pauses: [30, 60, 60], over: 0 });
    vi.advanceTimersByTime(1);
    expect(seen.over).toBe(1);
  });

  it('does not come where the coordinator is back in time, and is counted anew when it stops again', () => {
    const { seen, say } = endingOf();
    say('stopped');
    vi.advanceTimersByTime(999);
    say('waiting');
    vi.advanceTimersByTime(60_000);
    expect(seen).toEqual({ pauses: [60, 30], over: 0 });
    say('stopped');
    vi.advanceTimersByTime(999);
    expect(seen.over).toBe(0);
    vi.advanceTimersByTime(1);
    expect(seen.over).toBe(1);
  });

  it('does not come for who stays, however long the coordinator is away', () => {
    const { seen, say } = endingOf({ stay: true });
    for (const state of ['stopped', 'finished', 'failed'] as const) say(state);
    vi.advanceTimersByTime(1e9);
    expect(seen.over).toBe(0);
  });

  it('does not come at once for a time that is longer than timers take', () => {
    const { seen, say } = endingOf({ returnTimeoutMs: 2 ** 40 });
    say('stopped');
    vi.advanceTimersByTime(2 ** 31 - 2);
    expect(seen.over).toBe(0);
  });

  it('does not come any more once the client has left', () => {
    const { seen, say, ending } = endingOf();
    say('stopped');
    ending.close();
    vi.advanceTimersByTime(1e9);
    expect(seen.over).toBe(0);
  });
});
