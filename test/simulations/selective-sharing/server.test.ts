import { describe, expect, it } from 'vitest';
import { Random } from '../../../training/index.ts';
import { download, newServer, upload } from '../../../simulations/experiments/selective-sharing/sharing.ts';
import { shareTolerance } from './support/statistics.ts';

const update = (indices: number[], values: number[]): { indices: Uint32Array; values: Float32Array } => ({
  indices: Uint32Array.from(indices),
  values: Float32Array.from(values),
});

describe('the parameter server', () => {
  it('adds uploads and counts how often each parameter came', () => {
    const first = Float32Array.of(1, 2, 3);
    const server = newServer(first);
    upload(server, update([0, 2], [0.5, -1]));
    upload(server, update([2], [-1]));
    expect([...server.parameters]).toEqual([1.5, 2, 1]);
    expect([...server.updates]).toEqual([1, 0, 2]);
    expect([...first]).toEqual([1, 2, 3]);
  });

  it('hands out what was updated most often, and leaves the rest as it is', () => {
    const server = newServer(Float32Array.of(10, 20, 30, 40));
    upload(server, update([3, 1], [1, 1]));
    upload(server, update([3], [1]));
    const local = new Float32Array(4);
    download(server, local, 0.5, new Random(1));
    expect([...local]).toEqual([0, 21, 0, 42]);
  });

  it('hands out everything for θ_d = 1', () => {
    const server = newServer(Float32Array.of(1, 2, 3));
    const local = new Float32Array(3);
    download(server, local, 1, new Random(1));
    expect([...local]).toEqual([1, 2, 3]);
  });

  it('draws among parameters that were updated equally often (false alarm: three in a million)', () => {
    const server = newServer(Float32Array.of(1, 1, 1, 1));
    upload(server, update([1], [0]));
    const counts = [0, 0, 0, 0];
    const draws = 1000;
    for (let seed = 0; seed < draws; seed++) {
      const local = new Float32Array(4);
      download(server, local, 0.5, new Random(seed));
      expect(local.reduce((a, b) => a + b)).toBe(2);
      local.forEach((value, i) => (counts[i]! += value));
    }
    expect(counts[1]).toBe(draws);
    for (const i of [0, 2, 3]) expect(Math.abs(counts[i]! / draws - 1 / 3)).toBeLessThan(shareTolerance(draws));
  });
});
