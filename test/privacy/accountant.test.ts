import { describe, expect, it } from 'vitest';
import {
  NO_DIVERGENCES,
  createBudget,
  restoredDivergences,
  spend,
  spentEpsilon,
} from '../../protocol/privacy/accountant/budget.ts';
import { minNoiseMultiplier } from '../../protocol/privacy/accountant/calibrate.ts';
import { ORDERS, epsilonOf, roundCost } from '../../protocol/privacy/accountant/convert.ts';
import { drawDefect } from '../../protocol/privacy/accountant/draws.ts';
import { mechanismOf, planNoise } from '../../protocol/privacy/distributed/plan.ts';
import type { GaussianMechanism, Mechanism, NoisyMechanism } from '../../protocol/privacy/accountant/mechanisms.ts';
import { divergenceOf, sharesDefect } from '../../protocol/privacy/accountant/mechanisms.ts';
import { sampledDivergences } from '../../protocol/privacy/accountant/sampling.ts';
import { gaussianPmf, integrate, normalCdf, skellamPmf } from './support.ts';

const divergence = (mechanism: Mechanism, order: number): number => divergenceOf(mechanism)(order);
const sampledDivergence = (mechanism: Mechanism, rate: number, order: number): number =>
  sampledDivergences(mechanism, rate)(order);
const gaussian = (noiseMultiplier: number): GaussianMechanism => ({ noise: 'gaussian', noiseMultiplier });

/** ε of T equal rounds. */
function epsilon(noiseMultiplier: number, rate: number, rounds: number, delta: number): number {
  return epsilonOf(
    roundCost(gaussian(noiseMultiplier), rate).map((cost) => cost * rounds),
    delta,
  );
}

/** The conversion of Mironov 2017 that earlier libraries used: ε(α) + ln(1/δ) / (α − 1). */
function earlierEpsilon(noiseMultiplier: number, rate: number, rounds: number, delta: number): number {
  const cost = roundCost(gaussian(noiseMultiplier), rate);
  return Math.min(...ORDERS.map((order, i) => cost[i]! * rounds + Math.log(1 / delta) / (order - 1)));
}

/** δ of a Gaussian of noise multiplier z at ε, exactly (Balle & Wang 2018, theorem 8). */
const exactDelta = (z: number, eps: number): number =>
  normalCdf(0.5 / z - eps * z) - Math.exp(eps) * normalCdf(-0.5 / z - eps * z);

/** The ε at which a Gaussian of noise multiplier z has this δ. */
function exactEpsilon(z: number, delta: number): number {
  let [low, high] = [0, 600];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (exactDelta(z, middle) > delta) low = middle;
    else high = middle;
  }
  return high;
}

describe('published values', () => {
  it.each([
    // dp-accounting (github.com/google/differential-privacy), rdp_privacy_accountant_test.py: z 2.5, q 0.01, 50 rounds.
    { order: 1.5, expected: 6.5007e-4 },
    { order: 2.5, expected: 1.0854e-3 },
    { order: 5, expected: 2.1808e-3 },
    { order: 50, expected: 2.3846e-2 },
    { order: 100, expected: 1.6742e2 },
  ])('dp-accounting: divergence of order $order is $expected', ({ order, expected }) => {
    expect((50 * sampledDivergence(gaussian(2.5), 0.01, order)) / expected).toBeCloseTo(1, 4);
  });

  it('Opacus (accountants_test.py): z 1.5, q 0.04, 2250 rounds, δ 10^−5 give ε 7.32911117143', () => {
    expect(epsilon(1.5, 0.04, 2250, 1e-5)).toBeCloseTo(7.32911117143, 8);
  });

  it.each([
    // github.com/tensorflow/privacy, tutorials/README.md of 2019: 234 batches of 256 an epoch, δ 10^−5, earlier conversion.
    { z: 1.12, epochs: 60, expected: 2.92 },
    { z: 0.6, epochs: 30, expected: 9.74 },
    { z: 1.2, epochs: 10, expected: 1.2 },
  ])('TensorFlow Privacy: z $z over $epochs epochs give ε $expected', ({ z, epochs, expected }) => {
    const rounds = 234 * epochs;
    // One in the last digit that is printed: the second value is 9.747 here.
    expect(Math.abs(earlierEpsilon(z, 256 / 60_000, rounds, 1e-5) - expected)).toBeLessThan(0.01);
    expect(epsilon(z, 256 / 60_000, rounds, 1e-5)).toBeLessThan(expected);
  });

  it('dp-accounting: a constant divergence of 1.1 up to order 32 and δ 10^−5 give ε 1.32783806176', () => {
    const divergences = ORDERS.map((order) => (order <= 32 && Number.isInteger(order) ? 1.1 : Infinity));
    expect(epsilonOf(divergences, 1e-5)).toBeCloseTo(1.32783806176, 10);
  });

  it('dp-accounting: z 4.530877117 gives (1, 10^−6), on orders in steps of 0.001', () => {
    const found = epsilon(4.530877117, 1, 1, 1e-6);
    expect(found).toBeGreaterThanOrEqual(1 - 1e-9);
    expect(found).toBeLessThan(1.0001);
  });
});

describe('the Gaussian', () => {
  it('is bounded from above, a tenth above the exact ε at most where δ is small (what the conversion costs)', () => {
    for (const z of [0.5, 1, 2, 5, 20]) {
      for (const rounds of [1, 10, 100]) {
        for (const delta of [1e-3, 1e-5, 1e-9]) {
          const exact = exactEpsilon(z / Math.sqrt(rounds), delta);
          const bound = epsilon(z, 1, rounds, delta);
          expect(bound).toBeGreaterThanOrEqual(exact);
          if (exact > 0.5) expect(bound / exact).toBeLessThan(delta < 1e-4 ? 1.1 : 1.15);
        }
      }
    }
  });

  it.each([
    // Integrals in 30 digits by mpmath.
    [0.01, 2.5, 1.5, 1.30014179438e-5],
    [0.1, 0.5, 3.7, 4.24486385087],
    [0.5, 1, 1.1, 0.156130475685],
    [1e-3, 1, 2.3, 1.97761695004e-6],
    [0.9, 4, 10.9, 0.289774096603],
    [0.04, 1.5, 1.01, 4.41308883943e-4],
  ])('sampled at rate %d with z = %d has divergence of order %d as integrated', (rate, z, order, expected) => {
    expect(sampledDivergence(gaussian(z), rate, order) / expected).toBeCloseTo(1, 10);
  });

  it('sampled has at whole orders the divergence that Simpson integrates, in both directions', () => {
    for (const [rate, z, order] of [
      [0.1, 1, 2],
      [0.5, 0.8, 3],
      [0.02, 2, 8],
      [0.9, 1.5, 5],
    ]) {
      // Logarithms of the densities without and with the client.
      const without = (x: number): number => (-x * x) / (2 * z! * z!) - Math.log(z! * Math.sqrt(2 * Math.PI));
      const mixed = (x: number): number =>
        without(x) + Math.log(1 - rate! + rate! * Math.exp((2 * x - 1) / (2 * z! * z!)));
      const renyi = (p: (x: number) => number, q: (x: number) => number): number => {
        const density = (x: number): number => Math.exp(order! * p(x) + (1 - order!) * q(x));
        return Math.log(integrate(density, -11 * z!, order! + 11 * z!, 20_000)) / (order! - 1);
      };
      const bound = sampledDivergence(gaussian(z!), rate!, order!);
      expect(bound / renyi(mixed, without)).toBeCloseTo(1, 6);
      expect(renyi(without, mixed)).toBeLessThanOrEqual(bound);
    }
  });

  it('costs nothing unsampled, its full divergence at rate 1, and more with each rate between', () => {
    for (const order of [1.3, 2, 7.7, 40]) {
      expect(sampledDivergence(gaussian(1), 0, order)).toBe(0);
      expect(sampledDivergence(gaussian(1), 1, order)).toBe(order / 2);
      let last = 0;
      for (const rate of [1e-6, 1e-3, 0.1, 0.5, 0.9, 0.999]) {
        const cost = sampledDivergence(gaussian(1), rate, order);
        expect(cost).toBeGreaterThan(last);
        expect(cost).toBeLessThanOrEqual(order / 2);
        last = cost;
      }
    }
  });
});

/** Rényi divergence of two lists of probabilities, summed over where both are. */
function renyi(p: readonly number[], q: readonly number[], order: number): number {
  let sum = 0;
  for (const [i, x] of p.entries()) {
    if (x > 0 && q[i]! > 0) sum += Math.exp(order * Math.log(x) + (1 - order) * Math.log(q[i]!));
  }
  return Math.log(sum) / (order - 1);
}

/** Rényi divergence of a law on −reach … reach and itself, moved by a whole shift. */
function shifted(pmf: readonly number[], shift: number, order: number): number {
  return renyi(pmf.slice(0, pmf.length - shift), pmf.slice(shift), order);
}

function convolve(a: readonly number[], b: readonly number[]): number[] {
  const result = new Array<number>(a.length + b.length - 1).fill(0);
  for (const [i, x] of a.entries()) for (const [j, y] of b.entries()) result[i + j]! += x * y;
  return result;
}

const one = (noise: NoisyMechanism['noise'], shares: number, shareVariance: number, shift: number): NoisyMechanism => ({
  noise,
  shares,
  shareVariance,
  sensitivity: shift,
  length: 1,
  constant: true,
});

describe('discrete noise', () => {
  it('Skellam: the bound holds at whole orders, and is tight where the noise is not small', () => {
    for (const variance of [2, 5, 20, 100]) {
      // Wide enough for the order, narrow enough that no probability underflows.
      const pmf = skellamPmf(variance, Math.ceil(10 * Math.sqrt(variance)) + 30);
      for (const shift of [1, 2, 3]) {
        for (const order of [2, 3, 6]) {
          const exact = shifted(pmf, shift, order);
          const bound = divergence(one('skellam', 4, variance / 4, shift), order);
          expect(bound).toBeGreaterThanOrEqual(exact);
          if (variance >= 20) expect(bound / exact).toBeLessThan(1.2);
        }
      }
    }
  });

  it('Skellam: an order that is not whole is bounded by the chord', () => {
    const pmf = skellamPmf(8, 60);
    for (const order of [1.2, 2.5, 3.9]) {
      expect(sampledDivergence(one('skellam', 1, 8, 2), 1, order)).toBeGreaterThanOrEqual(shifted(pmf, 2, order));
    }
  });

  it('discrete Gaussian: a single one has no more than the divergence of the Gaussian, and nearly that', () => {
    for (const variance of [0.25, 1, 9]) {
      const pmf = gaussianPmf(variance, 40);
      for (const order of [1.5, 2, 5]) {
        const exact = shifted(pmf, 1, order);
        const bound = divergence(one('discrete-gaussian', 1, variance, 1), order);
        expect(bound).toBeCloseTo(order / (2 * variance), 12);
        expect(exact).toBeLessThanOrEqual(bound * (1 + 1e-12));
        if (variance >= 1 && Number.isInteger(order)) expect(exact / bound).toBeCloseTo(1, 6);
      }
    }
  });

  it('discrete Gaussian: a sum of shares keeps the bound, and lies within τ of a single one', () => {
    for (const variance of [0.2, 0.3, 0.5, 1]) {
      const share = gaussianPmf(variance, 12);
      let sum = share;
      for (let shares = 2; shares <= 4; shares++) {
        sum = convolve(sum, share);
        const single = gaussianPmf(shares * variance, (sum.length - 1) / 2);
        const tau = sharesDefect(shares, variance);
        const reach = Math.ceil(4 * Math.sqrt(shares * variance));
        const middle = (sum.length - 1) / 2;
        for (let x = -reach; x <= reach; x++) {
          expect(Math.abs(Math.log(sum[middle + x]! / single[middle + x]!))).toBeLessThanOrEqual(tau / 2 + 1e-12);
        }
        for (const shift of [1, 2]) {
          for (const order of [1.5, 2, 4]) {
            const bound = divergence(one('discrete-gaussian', shares, variance, shift), order);
            expect(shifted(sum, shift, order)).toBeLessThanOrEqual(bound + 1e-12);
          }
        }
      }
    }
    // From share variances of some units on nothing is left of the difference, however many shares.
    expect(sharesDefect(10 ** 6, 4)).toBeLessThan(1e-9);
    expect(sharesDefect(1, 0.1)).toBe(0);
    expect(sharesDefect(2, 0.5)).toBeCloseTo(10 * Math.exp(-(Math.PI ** 2) / 2), 12);
  });

  it('discrete Gaussian: a sum of shares too narrow for τ keeps the bound, which is that of one share', () => {
    for (const variance of [0.005, 0.01, 0.02]) {
      const share = gaussianPmf(variance, 4);
      const sum = convolve(share, share);
      for (const shift of [1, 2]) {
        const bound = divergence(one('discrete-gaussian', 2, variance, shift), 1.1);
        expect(shifted(sum, shift, 1.1)).toBeLessThanOrEqual(bound);
        expect(bound).toBeCloseTo(divergence(one('discrete-gaussian', 1, variance, shift), 1.1), 9);
      }
      // By τ it was more than could be promised.
      const formula = 1.1 / (4 * variance) + sharesDefect(2, variance);
      if (variance < 0.02) expect(shifted(sum, 1, 1.1)).toBeGreaterThan(formula);
    }
  });

  it('τ of very many shares is bounded from above without adding all of them', () => {
    let sum = 0;
    for (let k = 1; k < 20_000; k++) sum += 10 * Math.exp((-2 * Math.PI ** 2 * 0.3 * k) / (k + 1));
    const found = sharesDefect(20_000, 0.3);
    expect(found).toBeGreaterThanOrEqual(sum * (1 - 1e-12));
    expect(found / sum).toBeLessThan(1.03);
  });

  it('sampled: both directions of the exact divergence are below the bound, for noise that is not Gaussian', () => {
    for (const [variance, shift, rate] of [
      [2, 1, 0.1],
      [4, 2, 0.5],
      [10, 3, 0.02],
    ]) {
      const pmf = skellamPmf(variance!, 60);
      for (const order of [2, 3, 5]) {
        const without = pmf.slice(shift);
        const mixed = without.map((x, i) => (1 - rate!) * x + rate! * pmf[i]!);
        const bound = sampledDivergence(one('skellam', 1, variance!, shift!), rate!, order);
        const exact = renyi(mixed, without, order);
        expect(bound).toBeGreaterThanOrEqual(exact);
        expect(exact).toBeGreaterThanOrEqual(renyi(without, mixed, order));
        expect(bound).toBeLessThan(divergence(one('skellam', 1, variance!, shift!), order));
      }
    }
  });

  it('of a plan costs what Gaussian noise of its multiplier costs, within a hundredth', () => {
    for (const noise of ['discrete-gaussian', 'skellam'] as const) {
      const plan = planNoise({
        placement: 'distributed',
        distribution: noise,
        dimension: 10_000,
        clip: 1,
        noiseMultiplier: 1.3,
        clients: 100,
        minHonestSurvivors: 60,
        modulusBits: 16,
        bitWidth: 0,
      });
      const found = epsilonOf(roundCost(mechanismOf(plan), 1), 1e-5);
      const ideal = epsilon(1.3, 1, 1, 1e-5);
      expect(found).toBeGreaterThanOrEqual(ideal * (1 - 1e-12));
      expect(found / ideal).toBeLessThan(1.01);
    }
  });
});

describe('a budget', () => {
  it('adds up rounds of any kind, and tells epsilon so far', () => {
    const [a, b] = [roundCost(gaussian(4), 1), roundCost(gaussian(1.1), 0.01)];
    let budget = createBudget(8, 1e-5);
    expect(spentEpsilon(budget)).toBe(0);
    budget = spend(spend(spend(budget, a), b), a);
    expect(budget.rounds).toBe(3);
    expect(spentEpsilon(budget)).toBe(
      epsilonOf(
        a.map((cost, i) => cost + b[i]! + cost),
        1e-5,
      ),
    );
    expect(JSON.parse(JSON.stringify(budget))).toEqual(budget);
  });

  it('refuses the round that would exceed it, and stays as it was', () => {
    const cost = roundCost(gaussian(4), 1);
    let budget = createBudget(3, 1e-5);
    let rounds = 0;
    for (; rounds < 100; rounds++) {
      const before = budget;
      try {
        budget = spend(budget, cost);
      } catch (error) {
        expect(error).toMatchObject({ code: 'privacy-budget' });
        expect(budget).toBe(before);
        break;
      }
      expect(spentEpsilon(budget)).toBeLessThanOrEqual(3);
    }
    expect(rounds).toBe(budget.rounds);
    expect(epsilon(4, 1, rounds, 1e-5)).toBeLessThanOrEqual(3);
    expect(epsilon(4, 1, rounds + 1, 1e-5)).toBeGreaterThan(3);
  });

  it('refuses a round without any protection', () => {
    expect(() => spend(createBudget(10, 1e-5), roundCost(gaussian(0), 1))).toThrow(
      expect.objectContaining({ code: 'privacy-budget' }),
    );
    expect(() => spend(createBudget(10, 1e-5), roundCost(gaussian(0), 0.5))).toThrow(
      expect.objectContaining({ code: 'privacy-budget' }),
    );
  });

  it('refuses parameters that mean nothing', () => {
    const code = expect.objectContaining({ code: 'settings-invalid' }) as unknown;
    for (const [eps, delta] of [
      [0, 1e-5],
      [Infinity, 1e-5],
      [1, 0],
      [1, 1],
      [Number.NaN, 1e-5],
    ]) {
      expect(() => createBudget(eps!, delta!)).toThrow(code);
    }
    expect(() => roundCost(gaussian(1), 1.1)).toThrow(code);
    expect(() => roundCost(gaussian(1), Number.NaN)).toThrow(code);
    const depends = { ...one('skellam', 20, 10, 1), constant: false };
    expect(() => roundCost(depends, 0.1)).toThrow(code);
    expect(roundCost(depends, 1)).toEqual(roundCost(one('skellam', 20, 10, 1), 1));
    expect(() => epsilonOf([], 2)).toThrow(code);
    expect(() => minNoiseMultiplier({ epsilon: 1, delta: 1e-5, rounds: 0, rate: 1 })).toThrow(code);
    expect(() => minNoiseMultiplier({ epsilon: -1, delta: 1e-5, rounds: 1, rate: 1 })).toThrow(code);
  });
});

describe('the least noise multiplier', () => {
  it('keeps its target, and a thousandth less would not', () => {
    for (const target of [
      { epsilon: 8, delta: 1e-5, rounds: 2250, rate: 0.04 },
      { epsilon: 1, delta: 1e-6, rounds: 1, rate: 1 },
      { epsilon: 0.1, delta: 1e-8, rounds: 10, rate: 0.2 },
    ]) {
      const z = minNoiseMultiplier(target);
      expect(epsilon(z, target.rate, target.rounds, target.delta)).toBeLessThanOrEqual(target.epsilon);
      expect(epsilon(z * 0.999, target.rate, target.rounds, target.delta)).toBeGreaterThan(target.epsilon);
    }
  });

  it('is close to the analytic Gaussian mechanism where nothing is sampled', () => {
    const z = minNoiseMultiplier({ epsilon: 2, delta: 1e-5, rounds: 1, rate: 1 });
    expect(exactEpsilon(z, 1e-5)).toBeLessThanOrEqual(2);
    expect(exactEpsilon(z, 1e-5)).toBeGreaterThan(1.8);
  });

  it('takes a plan’s rounding and noise into account', () => {
    const target = { epsilon: 4, delta: 1e-5, rounds: 20, rate: 1 };
    const mechanism = (noiseMultiplier: number): NoisyMechanism =>
      mechanismOf(
        planNoise({
          placement: 'distributed',
          distribution: 'skellam',
          dimension: 500,
          clip: 1,
          noiseMultiplier,
          clients: 100,
          minHonestSurvivors: 60,
          modulusBits: 13,
          bitWidth: 0,
        }),
      );
    const z = minNoiseMultiplier(target, mechanism);
    expect(z).toBeGreaterThan(minNoiseMultiplier(target));
    const cost = roundCost(mechanism(z), 1).map((x) => 20 * x);
    expect(epsilonOf(cost, 1e-5)).toBeLessThanOrEqual(4);
  });

  it('is found where a plan holds that much noise, but not twice as much', () => {
    const mechanism = (noiseMultiplier: number): NoisyMechanism =>
      mechanismOf(
        planNoise({
          placement: 'distributed',
          distribution: 'discrete-gaussian',
          dimension: 4096,
          clip: 1,
          noiseMultiplier,
          clients: 100,
          minHonestSurvivors: 60,
          modulusBits: 8,
          bitWidth: 0,
        }),
      );
    const z = minNoiseMultiplier({ epsilon: 60, delta: 1e-5, rounds: 1, rate: 1 }, mechanism);
    expect(epsilonOf(roundCost(mechanism(z), 1), 1e-5)).toBeLessThanOrEqual(60);
    expect(() => mechanism(2 * z)).toThrow(expect.objectContaining({ code: 'privacy-infeasible' }));
    expect(() => minNoiseMultiplier({ epsilon: 0.5, delta: 1e-5, rounds: 1, rate: 1 }, mechanism)).toThrow(
      expect.objectContaining({ code: 'privacy-infeasible' }),
    );
  });

  it('is refused where no noise suffices', () => {
    expect(() => minNoiseMultiplier({ epsilon: 1e-9, delta: 1e-300, rounds: 1e9, rate: 1 })).toThrow(
      expect.objectContaining({ code: 'privacy-infeasible' }),
    );
  });
});

describe('small epsilons', () => {
  /** The least noise multiplier that has this δ at ε: the analytic Gaussian mechanism. */
  const exactNoise = (eps: number, delta: number): number => {
    let [low, high] = [1, 1e5];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (exactDelta(middle, eps) > delta) low = middle;
      else high = middle;
    }
    return high;
  };

  it('are kept with a seventh more noise than the exact law asks', () => {
    // Somebody with a strict budget was told that no noise kept 0.005, and at 0.006 was given three times what it takes.
    expect(Math.abs(exactNoise(0.005, 1e-6) - 577)).toBeLessThan(1);
    expect(Math.abs(exactNoise(0.006, 1e-6) - 489)).toBeLessThan(1);
    for (const eps of [0.001, 0.002, 0.005, 0.006, 0.02, 0.05]) {
      const z = minNoiseMultiplier({ epsilon: eps, delta: 1e-6, rounds: 1, rate: 1 });
      expect(exactDelta(z, eps)).toBeLessThanOrEqual(1e-6);
      expect(z / exactNoise(eps, 1e-6), `at ${eps}`).toBeLessThan(1.15);
    }
  });

  it('are kept with less noise where members are drawn by chance, and found in a moment', () => {
    const target = { epsilon: 0.005, delta: 1e-6, rounds: 20 };
    const certain = minNoiseMultiplier({ ...target, rate: 1 });
    const drawn = minNoiseMultiplier({ ...target, rate: 0.1 });
    expect(drawn).toBeLessThan(certain / 9);
    expect(epsilon(drawn, 0.1, 20, 1e-6)).toBeLessThanOrEqual(0.005);
  });

  it('divergences of large orders, sampled, are what Simpson integrates', () => {
    for (const [rate, z, order] of [
      [0.1, 40, 1536],
      [0.5, 100, 4096],
      [0.01, 12, 2048],
      [0.2, 300, 65_536],
    ]) {
      // E_Q[(1 + q(L − 1))^α], with the integrand's logarithm cut down by its greatest value.
      const log = (x: number): number =>
        (-x * x) / (2 * z! * z!) + order! * Math.log1p(rate! * Math.expm1((2 * x - 1) / (2 * z! * z!)));
      const [from, to] = [-12 * z!, order! + 12 * z!];
      let most = -Infinity;
      for (let i = 0; i <= 20_000; i++) most = Math.max(most, log(from + ((to - from) * i) / 20_000));
      const sum = integrate((x) => Math.exp(log(x) - most), from, to, 200_000);
      const expected = (most + Math.log(sum) - Math.log(z! * Math.sqrt(2 * Math.PI))) / (order! - 1);
      expect(sampledDivergence(gaussian(z!), rate!, order!) / expected).toBeCloseTo(1, 7);
    }
  });
});

describe('an account that was kept before there were orders beyond 1024', () => {
  const kept = [...roundCost(gaussian(4), 1)].slice(0, 168);

  it('has the epsilon that it had, and goes on from there', () => {
    const restored = restoredDivergences(kept)!;
    expect(restored).toHaveLength(ORDERS.length);
    expect(epsilonOf(restored, 1e-5)).toBe(epsilonOf([...roundCost(gaussian(4), 1)], 1e-5));
    // What was spent at the new orders is not known, and may not count as nothing.
    const strict = restoredDivergences([...roundCost(gaussian(577), 1)].slice(0, 168))!;
    expect(epsilonOf(strict, 1e-6)).toBeGreaterThan(0.0055);
    expect(epsilonOf([...strict.slice(0, 168), ...NO_DIVERGENCES.slice(168)], 1e-6)).toBeLessThan(0.001);
  });

  it('without any rounds has nothing spent at any order', () => {
    expect(restoredDivergences(new Array<number>(168).fill(0))).toEqual(NO_DIVERGENCES);
  });

  it('of another length is none', () => {
    expect(restoredDivergences(kept.slice(1))).toBeUndefined();
    expect(restoredDivergences([])).toBeUndefined();
  });
});

describe('draws that have no result', () => {
  /** P[Bin(n, q) = k], from Pascal's triangle. */
  const binomial = (n: number, q: number, k: number): number => {
    let row = [1];
    for (let i = 0; i < n; i++) {
      const before = row;
      row = Array.from({ length: i + 2 }, (_, j) => (before[j - 1] ?? 0) * q + (before[j] ?? 0) * (1 - q));
    }
    return row[k] ?? 0;
  };

  it('tell of a member as often as the others are one too few, or just as many as there may be', () => {
    for (const [n, q, least, most] of [
      [10, 0.5, 3, 7],
      [100, 0.1, 5, 20],
      [1000, 0.1, 50, 150],
    ] as const) {
      const expected = q * (binomial(n - 1, q, least - 1) + binomial(n - 1, q, most));
      expect(drawDefect(n, q, least, most) / expected).toBeCloseTo(1, 9);
    }
  });

  it('bounds by how much the odds of a result differ with a member and without', () => {
    const odds = (n: number, q: number): number => [3, 4, 5, 6, 7].reduce((sum, k) => sum + binomial(n, q, k), 0);
    expect(Math.abs(odds(10, 0.4) - odds(9, 0.4))).toBeLessThanOrEqual(drawDefect(10, 0.4, 3, 7));
  });

  it('are nothing where all may be drawn and nobody need be', () => {
    expect(drawDefect(10, 0.9, 0, 10)).toBe(0);
  });
});
