import { describe, expect, it } from 'vitest';
import {
  changeOf,
  Contributors,
  overlap,
  secureRound,
  type Simultaneous,
} from '../../../simulations/experiments/selective-sharing/exposure.ts';
import { buildNetwork } from '../../../simulations/models/networks.ts';
import { stripes } from './support/images.ts';

const { signal } = new AbortController();

const round: Simultaneous = {
  model: 'mlp',
  train: stripes(80),
  shards: Array.from({ length: 4 }, (_, i) => Uint32Array.from({ length: 20 }, (__, j) => 20 * i + j)),
  settings: { learningRate: 0.02, batchSize: 5, tau: 1e-5, gamma: 0.1 },
  parameters: buildNetwork('mnist', 'mlp').initialise(1),
  seed: 5,
  participants: [2, 4],
  thetaUpload: [0.01, 0.1],
};

const upload = (...indices: number[]): { indices: Uint32Array; values: Float32Array } => ({
  indices: Uint32Array.from(indices),
  values: new Float32Array(indices.length),
});

describe('the count of contributors', () => {
  it('is what one counts by hand', () => {
    const contributors = new Contributors(6);
    for (const update of [upload(0, 1, 2), upload(1, 2), upload(2, 5)]) contributors.add(update);
    expect(contributors.tally()).toEqual({
      uploaded: 7 / 3,
      touched: 4,
      one: 2,
      two: 1,
      threeToNine: 1,
      tenOrMore: 0,
      revealedShare: 2 / 7,
    });
    expect([0, 1, 2, 3, 5].map((index) => contributors.isAlone(index))).toEqual([true, false, false, false, true]);
  });

  it('reveals nothing where nobody has uploaded anything', () => {
    const contributors = new Contributors(3);
    contributors.add(upload());
    expect(contributors.tally()).toMatchObject({ uploaded: 0, touched: 0, revealedShare: 0 });
  });

  it('covers each N, θ_u and selection, and every value is counted once', async () => {
    const rows = await overlap.run(round, signal);
    expect(rows).toHaveLength(2 * 2 * 2);
    for (const { participants, thetaUpload, uploaded, touched, one, two, threeToNine, tenOrMore } of rows) {
      expect(one + two + threeToNine + tenOrMore).toBe(touched);
      expect(uploaded).toBeLessThanOrEqual(Math.floor(thetaUpload * 140_106));
      expect(touched).toBeLessThanOrEqual(participants * uploaded);
      if (participants === 2) expect(one + 2 * two).toBe(2 * uploaded);
    }
  });

  it('finds more lonely coordinates where they are chosen at random', async () => {
    const rows = await overlap.run(round, signal);
    const revealed = (selection: string): number =>
      rows.find((row) => row.selection === selection && row.participants === 4 && row.thetaUpload === 0.01)!
        .revealedShare;
    expect(revealed('random')).toBeGreaterThan(revealed('largest'));
  });
});

describe('a sum of sparse uploads through the real sessions', () => {
  it('is one participant’s value wherever that participant was alone', async () => {
    const small = { ...round, participants: [4], thetaUpload: [0.001] };
    const row = await secureRound.run({ ...small, entropy: new Uint8Array(32).fill(7) }, signal);
    const [counted] = await overlap.run(small, signal);
    expect(row.revealed).toBe(counted!.one);
    expect(row.revealed).toBeGreaterThan(10);
    expect(row.confirmed).toBe(row.revealed);
    expect(row.maxError).toBeLessThanOrEqual(row.allowedError);
    expect(row.maxError).toBeGreaterThan(0);
    // The allowance is small beside the values: agreement means something.
    const change = await changeOf(small, 0, signal);
    expect(row.allowedError).toBeLessThan(change.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 10);
    expect(row.sparseBytes).toBe(8 * 140);
    expect(row.secureBytes).toBeGreaterThan(2 * 140_106);
  });
});
