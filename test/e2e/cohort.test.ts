import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cohort } from '../../cli/demo/cohort.ts';
import type { DemoOptions } from '../../cli/demo/options.ts';

// No client is started here: a cohort is told who is connected, and only its patience is under test.
const options: DemoOptions = {
  clients: 0,
  rounds: 100,
  kill: 0,
  seed: 1,
  model: 'mlp',
  partition: 'iid',
  alpha: 0.5,
  out: '',
  port: 0,
};

let cohort: Cohort;

beforeEach(() => {
  vi.useFakeTimers();
  cohort = new Cohort();
});

afterEach(async () => {
  await cohort.end();
  vi.useRealTimers();
});

/** Waits, by the clock of the test, and says whether the cohort had failed by then. */
async function failedWithin(ms: number): Promise<string> {
  const verdict = cohort.failed.catch((error: unknown) => String(error));
  await vi.advanceTimersByTimeAsync(ms);
  return Promise.race([verdict, Promise.resolve().then(() => 'no')]);
}

describe('the clients of a demonstration', () => {
  const start = (expected: number): Promise<void> => {
    const ready = cohort.ready(expected);
    cohort.start('http://127.0.0.1:1', options, { directory: { file: '', authorityKey: '' }, fileOf: () => '' }, []);
    return ready;
  };

  it('have a minute to connect', async () => {
    void start(2);
    cohort.connected(1);
    expect(await failedWithin(59_000)).toBe('no');
    expect(await failedWithin(1000)).toContain('not all 0 clients connected within 60 s');
  });

  it('are not counted again once all had connected, so a demonstration may take longer than a minute', async () => {
    const ready = start(2);
    cohort.connected(2);
    await ready;
    cohort.connected(1);
    expect(await failedWithin(3_600_000)).toBe('no');
  });
});
