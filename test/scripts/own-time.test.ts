import { performance } from 'node:perf_hooks';
import { setTimeout as exactly } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

/** As a busy machine does: nothing of this process runs for so many milliseconds. */
function heldUp(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('timers of tests', () => {
  it('do not fire because the process was held up: what was ready meanwhile comes first', async () => {
    const seen: string[] = [];
    const fired = new Promise<void>((resolve) => {
      setTimeout(() => {
        seen.push('deadline');
        resolve();
      }, 200);
    });
    // A member that needs five turns of the event loop, on a machine that gives each of them a tenth of a second late.
    for (let turn = 1; turn <= 5; turn++) {
      heldUp(100);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`turn ${turn}`);
    }
    await fired;
    expect(seen).toEqual(['turn 1', 'turn 2', 'turn 3', 'turn 4', 'turn 5', 'deadline']);
  });

  it('would, by the time of the system', async () => {
    const seen: string[] = [];
    const fired = exactly(200).then(() => seen.push('deadline'));
    for (let turn = 1; turn <= 5; turn++) {
      heldUp(100);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`turn ${turn}`);
    }
    await fired;
    expect(seen.indexOf('deadline')).toBeLessThan(5);
  });

  it('fire never before their time, hand on arguments, and can be cleared and begun anew', async () => {
    const begun = performance.now();
    const told = await new Promise<unknown[]>((resolve) =>
      setTimeout((...args: unknown[]) => resolve(args), 60, 1, 'b'),
    );
    expect(told).toEqual([1, 'b']);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(59);

    const never = setTimeout(() => expect.unreachable(), 40);
    const anew = setTimeout(() => undefined, 40);
    clearTimeout(never);
    const started = performance.now();
    const fired = await new Promise<number>((resolve) => {
      const timer = setTimeout(() => resolve(performance.now()), 80);
      setTimeout(() => timer.refresh(), 50);
    });
    expect(fired - started).toBeGreaterThan(129);
    expect(anew.unref().hasRef()).toBe(false);
  });
});
