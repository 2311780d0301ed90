import { describe, expect, it } from 'vitest';
import { oddsBatch } from '../../../simulations/experiments/dropout/odds.ts';
import { oneRound } from '../../../simulations/experiments/dropout/one-round.ts';

const never = new AbortController().signal;
const round = {
  point: { clients: 6, dim: 3, dropout: 0.4, state: 'masked-input', graph: 'complete', adversary: 'curious' },
  settings: { colluding: 0.1, tolerated: 0.3, threshold: 0, dropping: 'independent', inputBits: 8, faults: '' },
} as const;

describe('a batch of small rounds', () => {
  it('counts those that fail one by one, and no wrong sum', async () => {
    const seeds = Array.from({ length: 20 }, (_, i) => i);
    let failed = 0;
    for (const seed of seeds) if (!(await oneRound.run({ ...round, seed }, never)).committed) failed++;
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBeLessThan(20);
    expect(await oddsBatch.run({ ...round, seeds }, never)).toEqual({ failed, wrong: 0 });
  });

  it('counts a sum that a fault has changed as wrong', async () => {
    const faults = JSON.stringify([
      { kind: 'corrupt', members: [1], state: 'masked-input', direction: 'up', part: 'payload' },
    ]);
    const { point, settings } = round;
    const wide = { ...point, dim: 300, dropout: 0 };
    const { wrong, failed } = await oddsBatch.run(
      { point: wide, settings: { ...settings, faults }, seeds: [1, 2, 3, 4] },
      never,
    );
    expect(failed).toBe(0);
    expect(wrong).toBeGreaterThan(0);
  });

  it('stops where it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(oddsBatch.run({ ...round, seeds: [1] }, signal)).rejects.toThrow('enough');
  });
});
