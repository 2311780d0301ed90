import { describe, expect, it } from 'vitest';
import { noiseScales, privacyLoss } from '../../../simulations/experiments/selective-sharing/sparse-vector.ts';
import { countOf } from '../../../simulations/experiments/selective-sharing/selection.ts';

describe('the scales of the noise', () => {
  it('are those that one computes by hand', () => {
    // Δ = 2γ = 1; ε1 = 8, ε2 = 2; σ(x) = 2·10·1/x.
    const scales = noiseScales({ epsilon: 9, count: 10, tau: 0.1, gamma: 0.5 });
    expect(scales.threshold).toBeCloseTo(2.5, 12);
    expect(scales.query).toBeCloseTo(5, 12);
    expect(scales.answer).toBeCloseTo(10, 12);
  });
});

describe('the accounting', () => {
  it('adds up to the budget that the noise was made for, from the noise alone', () => {
    // One answer: 1/2.5 for the threshold, 2/5 for the decision, 1/10 for the value.
    const loss = privacyLoss({ epsilon: 9, count: 10, tau: 0.1, gamma: 0.5 }, 20);
    expect(loss.perParameter).toBeCloseTo(0.9, 12);
    expect(loss.perEpoch).toBeCloseTo(9, 12);
    expect(loss.total).toBeCloseTo(180, 12);
  });

  it('does not depend on the bound, since the noise grows with it', () => {
    const of = (gamma: number): number => privacyLoss({ epsilon: 3, count: 7, tau: 0.1, gamma }, 1).perEpoch;
    expect(of(0.001)).toBeCloseTo(of(10), 12);
  });

  it('makes 10 550 an epoch of what the paper’s axis calls 1, for a tenth of the CNN', () => {
    const count = countOf(0.1, 105_506);
    const loss = privacyLoss({ epsilon: count, count, tau: 1e-4, gamma: 1e-3 }, 1);
    expect(loss.perParameter).toBeCloseTo(1, 12);
    expect(loss.perEpoch).toBeCloseTo(10_550, 6);
  });
});
