import { describe, expect, it } from 'vitest';
import { Random } from '../../../training/index.ts';
import { type Order, type Turn, turnsOf } from '../../../simulations/experiments/selective-sharing/sharing.ts';

const turns = (order: Order, seed: number): Turn[] => turnsOf(order, 12, 4, new Random(seed));

const who = (list: readonly Turn[], does: Turn['does']): number[] =>
  list.filter((turn) => turn.does === does).map(({ participant }) => participant);

/** The most participants that train at once, by the turns. */
function maxConcurrently(list: readonly Turn[]): number {
  let now = 0;
  return list.reduce((most, { does }) => Math.max(most, (now += does === 'download' ? 1 : -1)), 0);
}

describe('an epoch’s turns', () => {
  it.each(['round-robin', 'random', 'asynchronous'] as const)(
    'in %s order give everybody one download, then one upload',
    (order) => {
      const list = turns(order, 5);
      const everybody = Array.from({ length: 12 }, (_, i) => i);
      expect(who(list, 'download').sort((a, b) => a - b)).toEqual(everybody);
      expect(who(list, 'upload').sort((a, b) => a - b)).toEqual(everybody);
      const seen = new Set<number>();
      for (const { participant, does } of list) {
        if (does === 'download') seen.add(participant);
        else expect(seen.has(participant)).toBe(true);
      }
    },
  );

  it('go round in the participants’ order', () => {
    expect(who(turns('round-robin', 5), 'download')).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(maxConcurrently(turns('round-robin', 5))).toBe(1);
  });

  it('are shuffled by the seed in random order, one participant at a time', () => {
    expect(who(turns('random', 5), 'download')).not.toEqual(who(turns('random', 6), 'download'));
    expect(turns('random', 5)).toEqual(turns('random', 5));
    expect(maxConcurrently(turns('random', 5))).toBe(1);
  });

  it('overlap in asynchronous order, and end in another order than they began', () => {
    const list = turns('asynchronous', 5);
    expect(maxConcurrently(list)).toBe(4);
    expect(who(list, 'upload')).not.toEqual(who(list, 'download'));
    expect(turns('asynchronous', 5)).toEqual(list);
  });
});
