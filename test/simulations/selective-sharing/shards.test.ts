import { describe, expect, it } from 'vitest';
import { CairnError } from '../../../protocol/errors.ts';
import { dealShards } from '../../../simulations/experiments/selective-sharing/run.ts';

describe('the images of the participants', () => {
  it('are disjoint as long as there are enough', () => {
    const shards = dealShards(1000, 10, 100, 1);
    expect(shards.map((shard) => shard.length)).toEqual(new Array(10).fill(100));
    expect(new Set(shards.flatMap((shard) => [...shard])).size).toBe(1000);
  });

  it('are dealt anew once all are out: nobody has one twice, and each has another mixture', () => {
    const shards = dealShards(1000, 15, 100, 1);
    for (const shard of shards) expect(new Set(shard).size).toBe(100);
    expect(new Set(shards.slice(10).flatMap((shard) => [...shard])).size).toBe(500);
    expect([...shards[10]!]).not.toEqual([...shards[0]!]);
  });

  it('stay the same whatever the number of participants', () => {
    expect(dealShards(1000, 3, 100, 1)).toEqual(dealShards(1000, 15, 100, 1).slice(0, 3));
    expect(dealShards(1000, 3, 100, 2)).not.toEqual(dealShards(1000, 3, 100, 1));
  });

  it('are refused where one participant alone would need more than there are', () => {
    expect(() => dealShards(99, 1, 100, 1)).toThrow(CairnError);
  });
});
