import { describe, expect, it } from 'vitest';
import { type LocalUpdate, type UpdateKey, UpdateKeeper } from '../../client/driver/updates.ts';
import { gate } from './support/rounds.ts';

const keyOf = (point: number, changes: Partial<UpdateKey> = {}): UpdateKey => ({
  point: new Uint8Array(32).fill(point),
  repeat: 0,
  training: '{"epochs":2}',
  ...changes,
});
const KEY = keyOf(1);
const OTHER = keyOf(2);

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
  it('keeps an update for the same model, repeat and options, whatever the task', async () => {
    const keeper = new UpdateKeeper();
    const update = updateOf(1);
    expect(await keeper.obtain('a', KEY, giving(update))).toEqual({ update, kept: false });
    for (const task of ['a', 'b', 'a']) {
      const again = await keeper.obtain(task, keyOf(1), never);
      expect(again.kept).toBe(true);
      expect(again.update).toBe(update);
    }
  });

  it.each([
    ['model', OTHER],
    ['repeat', keyOf(1, { repeat: 1 })],
  ])('drops and zeroes it when its task asks for another %s', async (_, key) => {
    const keeper = new UpdateKeeper();
    const old = updateOf(1);
    await keeper.obtain('a', KEY, giving(old));
    expect((await keeper.obtain('a', key, giving(updateOf(2)))).kept).toBe(false);
    expect(old.update).toEqual(new Float32Array(3));
  });

  it('keeps it when its task asks for other options', async () => {
    const keeper = new UpdateKeeper();
    await keeper.obtain('a', KEY, giving(updateOf(1)));
    expect((await keeper.obtain('a', keyOf(1, { training: '' }), giving(updateOf(2)))).kept).toBe(false);
    expect((await keeper.obtain('a', KEY, never)).kept).toBe(true);
  });

  it('keeps those of two tasks that take turns, also of one model and one text of options', async () => {
    const keeper = new UpdateKeeper();
    await keeper.obtain('a', KEY, giving(updateOf(1)));
    await keeper.obtain('b', OTHER, giving(updateOf(2)));
    for (const [task, key] of [
      ['a', KEY],
      ['b', OTHER],
      ['b', KEY],
      ['a', KEY],
    ] as const)
      expect((await keeper.obtain(task, key, never)).kept).toBe(true);
    // One of the two has gone on: the other still asks for it.
    await keeper.obtain('b', keyOf(3), giving(updateOf(3)));
    expect((await keeper.obtain('a', KEY, never)).kept).toBe(true);
  });

  it('keeps only a few: the one that was asked for the longest ago is dropped and zeroed', async () => {
    const keeper = new UpdateKeeper();
    const updates = Array.from({ length: 9 }, () => updateOf(1));
    for (const [i, update] of updates.slice(0, 8).entries()) await keeper.obtain(`${i}`, keyOf(i), giving(update));
    await keeper.obtain('0', keyOf(0), never);
    await keeper.obtain('8', keyOf(8), giving(updates[8]!));
    expect(updates.map(({ update }) => update[0])).toEqual([1, 0, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('runs one training at a time, and aborts the one that nobody wants any more', async () => {
    const keeper = new UpdateKeeper();
    const { opened, open } = gate();
    const order: string[] = [];
    const first = keeper.obtain('a', KEY, async (signal) => {
      order.push('first begins');
      await opened;
      order.push(`first ends, ${signal.aborted ? 'aborted' : 'wanted'}`);
      return updateOf(1);
    });
    await new Promise((resolve) => setImmediate(resolve));
    const second = keeper.obtain('a', OTHER, () => {
      order.push('second begins');
      return Promise.resolve(updateOf(2));
    });
    open();
    const stale = await first;
    expect((await second).update.update).toEqual(new Float32Array(3).fill(2));
    expect(order).toEqual(['first begins', 'first ends, aborted', 'second begins']);
    expect(stale.update.update).toEqual(new Float32Array(3));
  });

  it('trains again what was aborted for another task', async () => {
    const keeper = new UpdateKeeper();
    const { opened, open } = gate();
    const first = keeper.obtain('a', KEY, () => opened.then(() => updateOf(1)));
    const second = keeper.obtain('b', OTHER, giving(updateOf(2)));
    open();
    await Promise.allSettled([first, second]);
    const again = await keeper.obtain('a', KEY, giving(updateOf(1)));
    expect(again).toMatchObject({ kept: false, update: updateOf(1) });
  });

  it('keeps nothing of a training that failed', async () => {
    const keeper = new UpdateKeeper();
    await expect(keeper.obtain('a', KEY, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect((await keeper.obtain('a', KEY, giving(updateOf(3)))).kept).toBe(false);
  });

  it('zeroes everything when it is closed, and trains no more', async () => {
    const keeper = new UpdateKeeper();
    const update = updateOf(1);
    await keeper.obtain('a', KEY, giving(update));
    keeper.close();
    expect(update.update).toEqual(new Float32Array(3));
    await expect(keeper.obtain('a', KEY, never)).rejects.toMatchObject({ code: 'member-left' });
  });
});
