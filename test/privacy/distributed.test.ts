import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeNoisy } from '../../protocol/privacy/distributed/decode.ts';
import { addCentralNoise, fillNoise, encodeNoisy } from '../../protocol/privacy/distributed/encode.ts';
import { WRAP_PROBABILITY, mechanismOf, planNoise } from '../../protocol/privacy/distributed/plan.ts';
import { createNoiseSampler } from '../../protocol/privacy/samplers/index.ts';
import type { Signs } from '../../protocol/kernels/types.ts';
import type { NoisePlan, NoiseSettings } from '../../protocol/privacy/distributed/plan.ts';
import { roundConditionally, roundedNormBound, squaredNorm } from '../../protocol/privacy/distributed/rounding.ts';
import { seeded } from './support.ts';

const settings: NoiseSettings = {
  placement: 'distributed',
  distribution: 'discrete-gaussian',
  dimension: 1000,
  clip: 0.5,
  noiseMultiplier: 0.8,
  clients: 20,
  minHonestSurvivors: 14,
  modulusBits: 20,
  bitWidth: 0,
};
const signs: Signs = { key: new Uint8Array(32).fill(9), rounds: 12 };

/** A vector of a given norm, in a random direction. */
function update(seed: number, dimension: number, norm: number): Float32Array {
  const bytes = seeded(seed)(4 * dimension);
  const values = Float32Array.from(new Int32Array(bytes.buffer), (word) => word / 2 ** 31);
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return values.map((value) => (value * norm) / length);
}

const normOf = (values: ArrayLike<number>): number => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));

function sumOf(plan: NoisePlan, updates: readonly Float32Array[], seed = 0): Uint32Array {
  const sampler = plan.placement === 'central' ? undefined : createNoiseSampler(plan.distribution, plan.shareVariance);
  const sum = new Uint32Array(plan.length);
  for (const [i, values] of updates.entries()) {
    const encoded = encodeNoisy(plan, values, sampler, signs, seeded(seed + i)).values;
    for (let j = 0; j < sum.length; j++) sum[j]! += encoded[j]!;
  }
  return sum.map((word) => (word & (2 ** plan.modulusBits - 1)) >>> 0);
}

const signed = (words: Uint32Array, bits: number): Int32Array =>
  Int32Array.from(words, (word) => (word << (32 - bits)) >> (32 - bits));

describe('a plan', () => {
  it('adds no less noise than can be sampled, and tells the accountant of it', () => {
    for (const placement of ['central', 'distributed'] as const) {
      const plan = planNoise({ ...settings, placement, noiseMultiplier: 1e-9 });
      expect(() => createNoiseSampler(plan.distribution, plan.shareVariance)).not.toThrow();
      expect(mechanismOf(plan).shareVariance).toBe(plan.shareVariance);
    }
  });

  it('has the scale of the closed form of the paper, with its own noise put in', () => {
    for (const distribution of ['discrete-gaussian', 'skellam'] as const) {
      const { scale, shareVariance } = planNoise({ ...settings, distribution, modulusBits: 16 });
      const share = Math.sqrt(shareVariance) / scale;
      const n = settings.clients;
      const closed =
        Math.sqrt(2 ** 32 - n * 16) / (2 * 4 * Math.sqrt((settings.clip ** 2 * n * n) / 1024 + n * share * share));
      expect(scale / closed).toBeCloseTo(1, 9);
    }
  });

  it('sizes the noise of the least survivors for the sensitivity after rounding', () => {
    const plan = planNoise(settings);
    expect(Math.sqrt(14 * plan.shareVariance)).toBeCloseTo(0.8 * plan.sensitivity, 6);
    expect(plan.sensitivity).toBe(roundedNormBound(plan.scale * 0.5, 1024));
    expect(plan.inflation).toBeGreaterThan(1);
    expect(plan.length).toBe(1024);
    expect(planNoise({ ...settings, dimension: 1024, bitWidth: 0.1 }).length).toBe(2048);
    const central = planNoise({ ...settings, placement: 'central' });
    expect(Math.sqrt(central.shareVariance)).toBeCloseTo(0.8 * central.sensitivity, 6);
    expect(central.shares).toBe(1);
  });

  it('keeps the noise within what a sampler draws, however wide the modulus', () => {
    const plan = planNoise({ ...settings, distribution: 'skellam', modulusBits: 32 });
    expect(plan.shareVariance).toBeLessThanOrEqual(2 ** 24);
    expect(plan.shareVariance).toBeGreaterThan(2 ** 23.9);
    expect(() => createNoiseSampler('skellam', plan.shareVariance)).not.toThrow();
  });

  it('is refused where rounding would cost more than the noise, with the modulus that suffices', () => {
    const narrow = { ...settings, dimension: 100_000, clients: 500, minHonestSurvivors: 100, modulusBits: 10 };
    let hint = '';
    try {
      planNoise(narrow);
    } catch (error) {
      expect(error).toMatchObject({ code: 'privacy-infeasible' });
      ({ hint } = error as { hint: string });
    }
    const bits = Number(/raise modulusBits to (\d+)/.exec(hint)?.[1]);
    expect(planNoise({ ...narrow, modulusBits: bits }).inflation).toBeLessThanOrEqual(2);
    expect(() => planNoise({ ...narrow, modulusBits: bits - 1 })).toThrow();
  });

  it.each([
    { clip: 0 },
    { clip: Infinity },
    { noiseMultiplier: Number.NaN },
    { minHonestSurvivors: 21 },
    { minHonestSurvivors: 0 },
    { dimension: 0 },
    { clients: 1.5 },
    { modulusBits: 33 },
    { bitWidth: -1 },
    { bitWidth: 2 },
  ])('is refused with %j', (wrong) => {
    expect(() => planNoise({ ...settings, ...wrong })).toThrow(expect.objectContaining({ code: 'settings-invalid' }));
  });
});

describe('conditional rounding', () => {
  it('has squared norms without a rounding error', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 20 }), (list) => {
        const values = Int32Array.from(list);
        expect(squaredNorm(values)).toBe(list.reduce((sum, x) => sum + BigInt(x) ** 2n, 0n));
      }),
    );
    const long = new Int32Array(2 ** 20 + 3).fill(-(2 ** 31));
    expect(squaredNorm(long)).toBe(BigInt(long.length) << 62n);
  });

  it('never exceeds the bound, and keeps every coordinate within one of its value', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        fc.double({ min: 0.01, max: 300, noNaN: true }),
        (seed, norm) => {
          const values = update(seed, 64, norm);
          const bound = roundedNormBound(norm * (1 + 1e-6), 64);
          const rounded = roundConditionally(values, { scale: 1, bits: 32, bound }, seeded(seed));
          expect(normOf(rounded)).toBeLessThanOrEqual(bound);
          for (const [i, x] of rounded.entries()) expect(Math.abs(x - values[i]!)).toBeLessThan(1);
        },
      ),
    );
  });

  it('draws again rather than exceed a bound that single draws do exceed', () => {
    // All coordinates at one half: a draw has squared norm Bin(64, 1/2), the bound leaves at most 32 of them up.
    const values = new Float32Array(64).fill(0.5);
    const norms = Array.from({ length: 100 }, (_, i) =>
      Number(squaredNorm(roundConditionally(values, { scale: 1, bits: 32, bound: Math.sqrt(32) }, seeded(i)))),
    );
    expect(Math.max(...norms)).toBeLessThanOrEqual(32);
    expect(new Set(norms).size).toBeGreaterThan(5);
    // A bound that chance cannot meet: everything is rounded towards zero.
    expect(roundConditionally(values, { scale: 1, bits: 32, bound: 0.5 }, seeded(0))).toEqual(new Int32Array(64));
  });

  it('keeps the mean', () => {
    const values = update(3, 64, 5);
    const mean = new Float64Array(64);
    for (let i = 0; i < 4000; i++) {
      const bound = roundedNormBound(5, 64);
      roundConditionally(values, { scale: 1, bits: 32, bound }, seeded(i)).forEach((x, j) => (mean[j]! += x / 4000));
    }
    // A mean of 4000 coins has a deviation of at most 0.008; conditioning may add a little towards zero.
    for (const [j, x] of mean.entries()) expect(Math.abs(x - values[j]!)).toBeLessThan(6 * 0.008 + 0.03);
  });
});

describe('a noisy update', () => {
  it('never weighs more than the sensitivity, whatever the update', () => {
    const plan = planNoise({ ...settings, placement: 'central', dimension: 50, bitWidth: 0.3 });
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), {
          minLength: 50,
          maxLength: 50,
        }),
        fc.nat(),
        (list, seed) => {
          const { values } = encodeNoisy(plan, Float32Array.from(list), undefined, signs, seeded(seed));
          expect(normOf(signed(values, 20))).toBeLessThanOrEqual(plan.sensitivity);
        },
      ),
    );
  });

  it('sums up to the mean of clipped updates, with the error that rounding and noise predict', () => {
    for (const distribution of ['discrete-gaussian', 'skellam'] as const) {
      const plan = planNoise({ ...settings, distribution });
      const updates = Array.from({ length: 17 }, (_, i) => update(i, 1000, 0.1 + i / 10));
      const { update: mean, unclipped } = decodeNoisy(plan, sumOf(plan, updates), 17, signs);
      expect(unclipped).toBeUndefined();
      const errors = mean.map((value, j) => {
        const clipped = updates.reduce((sum, values, i) => sum + values[j]! * Math.min(1, 0.5 / (0.1 + i / 10)), 0);
        return value - clipped / 17;
      });
      const noise = (17 * plan.shareVariance) / (17 * plan.scale) ** 2;
      const rounding = 17 / 4 / (17 * plan.scale) ** 2;
      const seen = normOf(errors) ** 2 / 1000;
      // A mean of 1000 squares has deviation √(2 / 1000): six of them. Rounding adds at most its bound.
      expect(seen / noise).toBeGreaterThan(1 - 6 * Math.sqrt(2 / 1000));
      expect(seen / (noise + rounding)).toBeLessThan(1 + 6 * Math.sqrt(2 / 1000));
    }
  });

  it('is exact up to rounding where the noise is next to nothing', () => {
    const plan = planNoise({ ...settings, noiseMultiplier: 1e-4, modulusBits: 28 });
    const updates = Array.from({ length: 20 }, (_, i) => update(i, 1000, 0.4));
    const { update: mean } = decodeNoisy(plan, sumOf(plan, updates), 20, signs);
    for (let j = 0; j < 1000; j++) {
      const expected = updates.reduce((sum, values) => sum + values[j]!, 0) / 20;
      expect(Math.abs(mean[j]! - expected)).toBeLessThan(2e-5);
    }
  });

  it('wraps around no more often than predicted, in the worst case of equal updates', () => {
    const plan = planNoise({ ...settings, noiseMultiplier: 0.3 });
    const wide = { ...plan, modulusBits: 32 };
    let wrapped = 0;
    let most = 0;
    const rounds = 24;
    for (let round = 0; round < rounds; round++) {
      const updates = new Array<Float32Array>(20).fill(update(round, 1000, 0.5));
      const unbounded = signed(sumOf(wide, updates, 100 * round), 32);
      const bounded = signed(sumOf(plan, updates, 100 * round), 20);
      for (let j = 0; j < 1024; j++) {
        most = Math.max(most, Math.abs(unbounded[j]!));
        if (unbounded[j] !== bounded[j]) wrapped++;
      }
    }
    const predicted = WRAP_PROBABILITY * rounds * 1024;
    expect(wrapped).toBeLessThan(predicted + 6 * Math.sqrt(predicted));
    // The modulus is not wasted either: sums come near its edge.
    expect(most).toBeGreaterThan(2 ** 19 * 0.7);
  });

  it('tells the share of updates that were short enough, in a coordinate of the sum', () => {
    const plan = planNoise({ ...settings, noiseMultiplier: 0.05, bitWidth: 0.5 });
    const updates = Array.from({ length: 20 }, (_, i) => update(i, 1000, i < 15 ? 0.4 : 0.6));
    const { unclipped } = decodeNoisy(plan, sumOf(plan, updates), 20, signs);
    const deviation = Math.sqrt(20 * plan.shareVariance) / plan.scale / (0.5 * plan.clip * 20);
    expect(Math.abs(unclipped! - 0.75)).toBeLessThan(6 * deviation);
    expect(deviation).toBeLessThan(0.02);
  });

  it('is divided by a fixed number where that is asked for, the share about one half with it', () => {
    const plan = planNoise({ ...settings, noiseMultiplier: 0.05, bitWidth: 0.5 });
    const updates = Array.from({ length: 16 }, (_, i) => update(i, 1000, 0.4));
    const sum = sumOf(plan, updates);
    const byCount = decodeNoisy(plan, Uint32Array.from(sum), 16, signs);
    const fixed = decodeNoisy(plan, sum, 16, signs, 32);
    fixed.update.forEach((value, i) => expect(value).toBeCloseTo(byCount.update[i]! / 2, 6));
    expect(fixed.unclipped! - 0.5).toBeCloseTo((byCount.unclipped! - 0.5) / 2, 5);
    expect(() => decodeNoisy(plan, sum, 16, signs, 0)).toThrow(expect.objectContaining({ code: 'settings-invalid' }));
  });

  it('gets its noise from the coordinator where that is asked for', () => {
    const plan = planNoise({ ...settings, placement: 'central', noiseMultiplier: 2 });
    const sampler = createNoiseSampler(plan.distribution, plan.shareVariance);
    const updates = Array.from({ length: 3 }, (_, i) => update(i, 1000, 0.2));
    const clean = sumOf(plan, updates);
    const noisy = Uint32Array.from(clean);
    addCentralNoise(plan, noisy, sampler, seeded(77));
    const noise = signed(
      noisy.map((word, i) => word - clean[i]!),
      20,
    );
    expect(normOf(noise) ** 2 / 1024 / plan.shareVariance).toBeGreaterThan(1 - 6 * Math.sqrt(2 / 1024));
    expect(normOf(noise) ** 2 / 1024 / plan.shareVariance).toBeLessThan(1 + 6 * Math.sqrt(2 / 1024));
    expect(decodeNoisy(plan, noisy, 3, signs).update).toHaveLength(1000);
  });

  it('is refused where noise, length or values do not fit', () => {
    const plan = planNoise(settings);
    const sampler = createNoiseSampler(plan.distribution, plan.shareVariance);
    const other = createNoiseSampler(plan.distribution, 2 * plan.shareVariance);
    const central = planNoise({ ...settings, placement: 'central' });
    const good = update(1, 1000, 1);
    const code = (expected: string): unknown => expect.objectContaining({ code: expected });
    const encode = (p: NoisePlan, values: Float32Array, s?: typeof sampler) => () =>
      encodeNoisy(p, values, s, signs, seeded(0));
    expect(encode(plan, good)).toThrow(code('settings-invalid'));
    expect(encode(plan, good, other)).toThrow(code('settings-invalid'));
    expect(encode(central, good, sampler)).toThrow(code('settings-invalid'));
    expect(encode(plan, good.subarray(1), sampler)).toThrow(code('update-shape'));
    expect(encode(plan, good.with(7, Number.NaN), sampler)).toThrow(code('update-not-finite'));
    expect(() => addCentralNoise(plan, new Uint32Array(1024), sampler, seeded(0))).toThrow(code('settings-invalid'));
    expect(() => addCentralNoise(central, new Uint32Array(1024), sampler, seeded(0))).toThrow(code('settings-invalid'));
    expect(() => decodeNoisy(plan, new Uint32Array(1023), 14, signs)).toThrow(code('update-shape'));
    expect(() => decodeNoisy(plan, new Uint32Array(1024), 21, signs)).toThrow(code('overflow-budget'));
    expect(() => decodeNoisy(plan, new Uint32Array(1024), 13, signs)).toThrow(code('privacy-noise'));
    expect(() => decodeNoisy(central, new Uint32Array(1024), 0, signs)).toThrow(code('privacy-noise'));
  });

  it('leaves the update as it was, and asks for fresh randomness', () => {
    const plan = planNoise(settings);
    const sampler = createNoiseSampler(plan.distribution, plan.shareVariance);
    const values = update(1, 1000, 3);
    const before = values.slice();
    const first = encodeNoisy(plan, values, sampler, signs, seeded(0));
    expect(values).toEqual(before);
    expect(first.clippedBy).toBeCloseTo(0.5 / 3, 6);
    expect(encodeNoisy(plan, values, sampler, signs, seeded(0))).toEqual(first);
    expect(encodeNoisy(plan, values, sampler, signs, seeded(1)).values).not.toEqual(first.values);
  });
});

describe('filled noise', () => {
  const plan = planNoise({ ...settings, dimension: 2 ** 14, noiseMultiplier: 1 });
  const sampler = createNoiseSampler(plan.distribution, plan.shareVariance);

  it('has the variance of all clients, however many are in the sum', () => {
    for (const count of [14, 17, 20]) {
      const sum = sumOf(
        plan,
        Array.from({ length: count }, () => new Float32Array(plan.dimension)),
        100 * count,
      );
      fillNoise(plan, sum, count, sampler, seeded(count));
      const noise = signed(sum, plan.modulusBits);
      const variance = noise.reduce((total, x) => total + x * x, 0) / noise.length;
      // The variance of 2^14 samples has a standard deviation of 1.1 %. Rounding zeros adds nothing.
      expect(variance / (plan.clients * plan.shareVariance)).toBeGreaterThan(0.94);
      expect(variance / (plan.clients * plan.shareVariance)).toBeLessThan(1.06);
    }
  });

  it('is what the accountant counts where it is told so, and the least of survivors elsewhere', () => {
    expect(mechanismOf(plan)).toMatchObject({ shares: 14, constant: false });
    expect(mechanismOf(plan, true)).toMatchObject({ shares: 20, constant: true });
    expect(mechanismOf(plan, true, 3)).toMatchObject({ shares: 17, constant: true });
    expect(mechanismOf(planNoise({ ...settings, placement: 'central' }), true)).toMatchObject({
      shares: 1,
      constant: true,
    });
  });

  it('is refused for more updates than the plan is for, and where the coordinator adds all noise', () => {
    const code = expect.objectContaining({ code: 'settings-invalid' }) as object;
    expect(() => fillNoise(plan, new Uint32Array(plan.length), 21, sampler, seeded(1))).toThrow(code);
    const central = planNoise({ ...settings, placement: 'central' });
    expect(() => fillNoise(central, new Uint32Array(central.length), 20, sampler, seeded(1))).toThrow(code);
  });
});
