import { describe, expect, it } from 'vitest';
import { type LocalUpdate, UpdateKeeper } from '../../client/driver/updates.ts';
import { gate, settingsFor } from './support/rounds.ts';

const HASH = new Uint8Array(32).fill(1);
const OTHER = new Uint8Array(32).fill(2);

const updateOf = (value: number): LocalUpdate => ({
  update: new Float32Array(3).fill(value),
  examples: 1,
  loss: 0,
  accuracy: 0,
});

/** A training that gives this update. */
const giving = (update: LocalUpdate) => (): Promise<LocalUpdate> => Promise.resolve(update);
const never = (): Promise<LocalUpdate> => Promise.reject(new Error('trained without need'));

describe('UpdateKeeper', () => {
  it('keeps an update for the same task, model and options, whatever else differs', async () => {
    const keeper = new UpdateKeeper();
    const update = updateOf(1);
    expect(await keeper.obtain(settingsFor(HASH), giving(update))).toEqual({ update, kept: false });
    const again = await keeper.obtain(settingsFor(HASH, { round: 7, minCohort: 5 }), never);
    expect(again.kept).toBe(true);
    expect(again.update).toBe(update);
  });

  it.each([
    ['model', settingsFor(OTHER)],
    ['options', settingsFor(HASH, { training: '{}' })],
  ])('drops and zeroes it for another %s', async (_, settings) => {
    const keeper = new UpdateKeeper();
    const old = updateOf(1);
    await keeper.obtain(settingsFor(HASH), giving(old));
    expect((await keeper.obtain(settings, giving(updateOf(2)))).kept).toBe(false);
    expect(old.update).toEqual(new Float32Array(3));
  });

  it('keeps one for each task, and only a few', async () => {
    const keeper = new UpdateKeeper();
    const names = Array.from({ length: 9 }, (_, i) => `task ${i}`);
    const updates = names.map(() => updateOf(1));
    for (const [i, task] of names.entries()) await keeper.obtain(settingsFor(HASH, { task }), giving(updates[i]));
    expect(updates[0].update).toEqual(new Float32Array(3));
    expect((await keeper.obtain(settingsFor(HASH, { task: names[1] }), never)).kept).toBe(true);
  });

  it('runs one training at a time, and aborts the one that nobody wants any more', async () => {
    const keeper = new UpdateKeeper();
    const { opened, open } = gate();
    const order: string[] = [];
    const first = keeper.obtain(settingsFor(HASH), async (signal) => {
      order.push('first begins');
      await opened;
      order.push(`first ends, ${signal.aborted ? 'aborted' : 'wanted'}`);
      return updateOf(1);
    });
    await new Promise((resolve) => setImmediate(resolve));
    const second = keeper.obtain(settingsFor(OTHER), () => {
      order.push('second begins');
      return Promise.resolve(updateOf(2));
    });
    open();
    const stale = await first;
    expect((await second).update.update).toEqual(new Float32Array(3).fill(2));
    expect(order).toEqual(['first begins', 'first ends, aborted', 'second begins']);
    expect(stale.update.update).toEqual(new Float32Array(3));
  });

  it('keeps nothing of a training that failed', async () => {
    const keeper = new UpdateKeeper();
    await expect(keeper.obtain(settingsFor(HASH), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect((await keeper.obtain(settingsFor(HASH), giving(updateOf(3)))).kept).toBe(false);
  });

  it('drops an update only for a round that could have included it', async () => {
    const keeper = new UpdateKeeper();
    await keeper.obtain(settingsFor(HASH), giving(updateOf(1)));
    keeper.included(settingsFor(OTHER));
    expect((await keeper.obtain(settingsFor(HASH), never)).kept).toBe(true);
    keeper.included(settingsFor(HASH));
    expect((await keeper.obtain(settingsFor(HASH), giving(updateOf(1)))).kept).toBe(false);
  });

  it('zeroes everything when it is closed, and trains no more', async () => {
    const keeper = new UpdateKeeper();
    const update = updateOf(1);
    await keeper.obtain(settingsFor(HASH), giving(update));
    keeper.close();
    expect(update.update).toEqual(new Float32Array(3));
    await expect(keeper.obtain(settingsFor(HASH), never)).rejects.toMatchObject({ code: 'member-left' });
  });
});
