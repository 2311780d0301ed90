import { describe, expect, it } from 'vitest';
import { roundParameters, type RoundQuestion } from '../../../protocol/schemes/secagg/parameters/index.ts';
import { completeThreshold } from '../../../protocol/schemes/secagg/parameters/round.ts';
import { binomialBelow, failureProbability, type PredictionQuestion } from '../../../simulations/faults/prediction.ts';
import { under } from './scene.ts';

const round = (n: number, graph: 'complete' | 'ring'): RoundQuestion => ({
  n,
  graph,
  adversary: 'curious',
  colluding: 0.1,
  dropout: 0.3,
  threshold: 0,
});
const ask = (question: Partial<PredictionQuestion> & { round: RoundQuestion }): number =>
  failureProbability({ minCohort: 2, share: 0.3, dropping: 'exact', state: 'masked-input', ...question });

/** P[Bin(n, p) < x] by counting every outcome of n throws. */
function counted(n: number, p: number, x: number): number {
  let sum = 0;
  for (let bits = 0; bits < 2 ** n; bits++) {
    const ones = bits.toString(2).replaceAll('0', '').length;
    if (ones < x) sum += p ** ones * (1 - p) ** (n - ones);
  }
  return sum;
}

describe('the binomial tail', () => {
  it('is what counting every outcome gives', () => {
    for (const p of [0, 0.2, 0.7, 1])
      for (const x of [0, 1, 4, 9, 10]) expect(binomialBelow(9, p, x)).toBeCloseTo(counted(9, p, x), 12);
  });
});

describe('on the complete graph', () => {
  const t = completeThreshold({ n: 20, adversary: 'curious', colluding: 0.1 });

  it('an exact share fails for certain once fewer than the threshold are left, and never before', () => {
    expect(t).toBe(11);
    const of = (share: number): number => ask({ round: round(20, 'complete'), share });
    expect([0, 0.3, 0.45].map(of)).toEqual([0, 0, 0]);
    expect([0.5, 0.8, 1].map(of)).toEqual([1, 1, 1]);
  });

  it('independent drops give the binomial tail', () => {
    for (const share of [0.1, 0.4, 0.6]) {
      const predicted = ask({ round: round(20, 'complete'), share, dropping: 'independent' });
      expect(predicted).toBeCloseTo(binomialBelow(20, 1 - share, t), 12);
    }
  });

  it('who never advertised lowers the threshold with the roster', () => {
    expect(ask({ round: round(20, 'complete'), share: 0.8, state: 'advertise-keys' })).toBe(0);
    expect(ask({ round: round(20, 'complete'), share: 0.95, state: 'advertise-keys' })).toBe(1);
  });

  it('says what the sessions then do, at every number of drops and every state', () => {
    for (const state of ['advertise-keys', 'share-keys', 'masked-input', 'unmasking'] as const)
      for (let dropped = 0; dropped <= 9; dropped++) {
        const { committed } = under([{ kind: 'drop', share: dropped / 9, state }], { n: 9 });
        const predicted = ask({ round: round(9, 'complete'), share: dropped / 9, state });
        expect([state, dropped, predicted]).toEqual([state, dropped, committed ? 0 : 1]);
      }
  });

  it('is between for drops in any state, and about what is observed', () => {
    const rounds = 60;
    const settings = { graph: 'complete', dropoutPpm: 300_000 } as const;
    let failed = 0;
    for (let seed = 0; seed < rounds; seed++) {
      const { committed } = under([{ kind: 'drop', share: 0.6, state: 'any' }], { n: 10, seed, settings });
      if (!committed) failed++;
    }
    const predicted = ask({ round: round(10, 'complete'), share: 0.6, state: 'any' });
    expect(predicted).toBeGreaterThan(0.1);
    expect(predicted).toBeLessThan(0.99);
    // Four standard deviations.
    const spread = Math.sqrt((predicted * (1 - predicted)) / rounds);
    expect(Math.abs(failed / rounds - predicted)).toBeLessThan(4 * spread);
  });
});

describe('on a ring', () => {
  it('is below 2^−20 for the dropout that the ring was made for, and grows beyond it', () => {
    const of = (share: number): number => ask({ round: round(1000, 'ring'), share });
    expect(roundParameters(round(1000, 'ring'))).toMatchObject({ degree: 88, threshold: 36 });
    expect(of(0)).toBe(0);
    expect(of(0.3)).toBeLessThan(2 ** -20);
    expect(of(0.3)).toBeGreaterThan(0);
    expect(of(0.4)).toBeGreaterThan(of(0.3));
    expect(of(0.7)).toBe(1);
  });

  it('bounds the failures that are observed, exact share or independent', () => {
    const rounds = 24;
    for (const dropping of ['exact', 'independent'] as const)
      for (const share of [0.2, 0.4, 0.55]) {
        const who = dropping === 'exact' ? { share } : { probability: share };
        const settings = { graph: 'ring', dropoutPpm: 300_000 } as const;
        let failed = 0;
        for (let seed = 0; seed < rounds; seed++)
          if (!under([{ kind: 'drop', ...who }], { n: 16, seed, settings }).committed) failed++;
        const predicted = ask({ round: round(16, 'ring'), share, dropping });
        const spread = Math.sqrt((predicted * (1 - predicted)) / rounds);
        expect([dropping, share, failed / rounds <= predicted + 4 * spread + 1e-9]).toEqual([dropping, share, true]);
      }
  });
});

describe('where no round can be run', () => {
  it('the finder’s own error says so', () => {
    expect(() => ask({ round: { ...round(10, 'ring'), adversary: 'active' } })).toThrow('no ring of 10 members');
  });
});
