import { describe, expect, it } from 'vitest';
import { InOrder, workInOrder } from '../../../simulations/laboratory/in-order.ts';

describe('rows of sources that run at once', () => {
  it('are handed on source by source, however they come', () => {
    const handed: string[] = [];
    const rows = new InOrder<string>(3, (row) => handed.push(row));
    rows.add(1, 'b1');
    rows.add(0, 'a1');
    expect(handed).toEqual(['a1']);
    rows.end(1);
    rows.add(2, 'c1');
    rows.add(0, 'a2');
    rows.end(0);
    expect(handed).toEqual(['a1', 'a2', 'b1', 'c1']);
    rows.add(2, 'c2');
    expect(handed).toEqual(['a1', 'a2', 'b1', 'c1', 'c2']);
  });
});

describe('turns', () => {
  it('come in order, whoever is ready first, and none before the one before it has ended', async () => {
    const turns = new InOrder<() => void>(6, (resume) => resume());
    for (const over of [1, 0]) turns.end(over);
    const seen: string[] = [];
    const party = async (turn: number): Promise<void> => {
      await new Promise<void>((resolve) => turns.add(turn, resolve));
      seen.push(`begin ${turn}`);
      await Promise.resolve();
      seen.push(`end ${turn}`);
      turns.end(turn);
    };
    await Promise.all([5, 3, 2, 4].map(party));
    expect(seen).toEqual([2, 3, 4, 5].flatMap((turn) => [`begin ${turn}`, `end ${turn}`]));
  });
});

describe('jobs of which some run at once', () => {
  it('are as many at a time as they may be, and their rows come job by job', async () => {
    const resume: (() => void)[] = [];
    const begun: number[] = [];
    const handed: string[] = [];
    const all = workInOrder(
      [0, 1, 2],
      2,
      (row: string) => handed.push(row),
      async (job, add) => {
        begun.push(job);
        await new Promise<void>((resolve) => (resume[job] = resolve));
        add(`row ${job}`);
      },
    );
    expect(begun).toEqual([0, 1]);
    resume[1]!();
    await expect.poll(() => begun).toEqual([0, 1, 2]);
    expect(handed).toEqual([]);
    resume[2]!();
    resume[0]!();
    await all;
    expect(handed).toEqual(['row 0', 'row 1', 'row 2']);
  });

  it('end with what one of them throws, and no further one is begun', async () => {
    const begun: number[] = [];
    const all = workInOrder(
      [0, 1, 2, 3],
      2,
      () => undefined,
      async (job) => {
        begun.push(job);
        await Promise.resolve();
        if (job === 0) throw new Error('broken');
      },
    );
    await expect(all).rejects.toThrow('broken');
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([0, 1]);
  });
});
