import { describe, expect, it } from 'vitest';
import { Random } from '../../../training/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import { mechanismOf } from '../../../protocol/privacy/index.ts';
import { type Aggregator, createAggregator } from '../../../simulations/engine/aggregator.ts';
import { firstMembers } from '../../../simulations/engine/virtual-task.ts';
import type { SumPrivacy } from '../../../simulations/engine/noisy-rounds.ts';
import { readFaults } from '../../../simulations/faults/script.ts';
import { seeded } from '../../../simulations/attacks/open-round/lab.ts';
import { codeOf } from '../../support/thrown.ts';

const DIMENSION = 1000;
const CLIP = 2;
const MEMBERS = firstMembers(8);
const LEAST = 6;
const MULTIPLIER = 1.5;

type Options = Parameters<typeof createAggregator>[0];

const aggregator = (
  mode: 'plain' | 'secure',
  privacy: Partial<SumPrivacy> = {},
  { seed = 'noisy', ...more }: Partial<Options> & { seed?: string } = {},
): Aggregator =>
  createAggregator({
    mode,
    primitives: nodePrimitives,
    random: seeded(seed),
    dimension: DIMENSION,
    clip: CLIP,
    ...more,
    privacy: {
      placement: 'distributed',
      distribution: 'discrete-gaussian',
      noiseMultiplier: MULTIPLIER,
      clients: MEMBERS.length,
      minHonestSurvivors: LEAST,
      ...privacy,
    },
  });

/** An update of some norm for each member. */
function updates(norm: number, members: readonly MemberId[] = MEMBERS): Map<MemberId, Float32Array> {
  return new Map(
    members.map((member) => {
      const random = new Random(member, 'update');
      const values = Float64Array.from({ length: DIMENSION }, () => random.uniform() - 0.5);
      const length = Math.hypot(...values);
      return [member, Float32Array.from(values, (value) => (value * norm) / length)];
    }),
  );
}

const total = (vectors: Iterable<Float32Array>): Float64Array => {
  const sum = new Float64Array(DIMENSION);
  for (const vector of vectors) vector.forEach((value, j) => (sum[j]! += value));
  return sum;
};

/** Mean square of what a sum differs by from the sum of some updates. */
const variance = (sum: Float32Array, given: Iterable<Float32Array>): number => {
  const expected = total(given);
  return sum.reduce((squares, value, j) => squares + (value - expected[j]!) ** 2, 0) / DIMENSION;
};

/** Variance that the noise multiplier stands for, with what rounding adds to the sensitivity. */
const asked = ({ plan }: Aggregator): number => (MULTIPLIER * plan!.inflation * CLIP) ** 2;

// A mean of 1000 squares lies within 18 per cent of its expectation but for four of 100 000 cases.
const SPREAD = 0.18;

describe('the noise of a sum', () => {
  it('is what the multiplier asks for where the coordinator adds it, in both modes', () => {
    for (const mode of ['plain', 'secure'] as const) {
      const central = aggregator(mode, { placement: 'central' });
      const given = updates(1);
      const ratio = variance(central.sum(given).sum, given.values()) / asked(central);
      expect(Math.abs(ratio - 1)).toBeLessThan(SPREAD);
    }
  });

  it('is larger by the members above the least, where everybody survives', () => {
    const all = aggregator('secure');
    const given = updates(1);
    const ratio = variance(all.sum(given).sum, given.values()) / asked(all);
    expect(Math.abs(ratio / (MEMBERS.length / LEAST) - 1)).toBeLessThan(SPREAD);
  });

  it('is just what the multiplier asks for, where the least survive: who drops takes a share along', () => {
    const gone = MEMBERS.slice(0, MEMBERS.length - LEAST);
    const faults = readFaults([{ kind: 'drop', members: gone, state: 'masked-input' }]);
    const some = aggregator('secure');
    const given = updates(1);
    const round = some.sum(given, { faults });
    expect(round.included).toEqual(MEMBERS.slice(gone.length));
    const left = [...given].filter(([member]) => !gone.includes(member)).map(([, update]) => update);
    const ratio = variance(round.sum, left) / asked(some);
    expect(Math.abs(ratio - 1)).toBeLessThan(SPREAD);
    expect(Math.abs(ratio / (MEMBERS.length / LEAST) - 1)).toBeGreaterThan(SPREAD / 4);
  });

  it('is there with either distribution', () => {
    const skellam = aggregator('plain', { distribution: 'skellam' });
    const given = updates(1);
    const ratio = variance(skellam.sum(given).sum, given.values()) / asked(skellam);
    expect(Math.abs(ratio / (MEMBERS.length / LEAST) - 1)).toBeLessThan(SPREAD);
  });

  it('leaves no sum where fewer survive than it was sized for: the sessions do not open it', () => {
    const faults = readFaults([{ kind: 'drop', members: MEMBERS.slice(0, 3), state: 'masked-input' }]);
    const results = new Map(
      [...updates(1)].map(([member, update]) => [member, { update, examples: 1, loss: 0, accuracy: 0 }]),
    );
    const round = aggregator('secure').mean(results, { faults });
    expect(round.aggregate).toBeUndefined();
    expect(round.error?.code).toBe('below-threshold');
    for (const mode of ['plain', 'secure'] as const)
      expect(codeOf(() => aggregator(mode).sum(updates(1, MEMBERS.slice(0, 5))))).toBe('privacy-noise');
  });

  it('has the same bits through the sessions as without them, round after round', () => {
    for (const placement of ['central', 'distributed'] as const) {
      const [plain, secure] = (['plain', 'secure'] as const).map((mode) => aggregator(mode, { placement }));
      for (let round = 0; round < 2; round++) {
        const given = updates(1 + round);
        expect(secure!.sum(given).sum).toEqual(plain!.sum(given).sum);
      }
      const [first, second] = [plain!.sum(updates(1)).sum, plain!.sum(updates(1)).sum];
      expect(first).not.toEqual(second);
    }
  });
});

describe('a mean with privacy', () => {
  it('weighs everybody the same, whatever examples they have, and tells no metrics', () => {
    const given = updates(1);
    const results = new Map(
      [...given].map(([member, update], i) => [member, { update, examples: 1 + 100 * i, loss: i, accuracy: 1 }]),
    );
    const { aggregate } = aggregator('secure', { noiseMultiplier: 1e-3 }).mean(results);
    const expected = total(given.values());
    aggregate!.update.forEach((value, j) => expect(Math.abs(value - expected[j]! / MEMBERS.length)).toBeLessThan(0.01));
    expect(aggregate).toMatchObject({ examples: NaN, loss: NaN, accuracy: NaN, totalWeight: MEMBERS.length });
  });

  it('is the sum over a fixed number where that is asked for', () => {
    const results = new Map(
      [...updates(1)].map(([member, update]) => [member, { update, examples: 1, loss: 0, accuracy: 0 }]),
    );
    const byCount = aggregator('plain').mean(results).aggregate!.update;
    const fixed = aggregator('plain', { divisor: 16 }).mean(results).aggregate!.update;
    fixed.forEach((value, j) => expect(value).toBeCloseTo(byCount[j]! / 2, 6));
  });

  it('clips what is longer, and says how many were', () => {
    const quiet = aggregator('plain', { noiseMultiplier: 1e-3 });
    const { sum, clipped } = quiet.sum(updates(100));
    expect(clipped).toBe(MEMBERS.length);
    expect(variance(sum, updates(CLIP).values())).toBeLessThan(1e-4);
  });
});

describe('a plan for the accountant', () => {
  it('is known before the round, with the mechanism that the round is', () => {
    const { plan } = aggregator('secure');
    const { shares, shareVariance, sensitivity, length } = mechanismOf(plan!);
    expect(shares).toBe(LEAST);
    expect(length).toBe(1024);
    expect(Math.sqrt(shares * shareVariance) / sensitivity).toBeCloseTo(MULTIPLIER, 9);
  });

  it('is refused at once where no grid holds it', () => {
    expect(codeOf(() => aggregator('plain', { modulusBits: 8, noiseMultiplier: 1000 }))).toBe('privacy-infeasible');
    expect(codeOf(() => aggregator('plain', { minHonestSurvivors: 9 }))).toBe('settings-invalid');
  });
});

describe('a clip that follows the updates', () => {
  it('comes near the norm that half of them stay below, from above and from below, with noise and without', () => {
    const given = new Map([...updates(1)].map(([member, update]) => [member, update.map((v) => v * (1 + member / 8))]));
    const tracking = { quantile: 0.5, rate: 0.5 };
    for (const clip of [0.2, 20]) {
      const noisy = aggregator('plain', { bitWidth: 0.5, noiseMultiplier: 0.05 }, { clip, tracking });
      const exact = createAggregator({
        mode: 'plain',
        primitives: nodePrimitives,
        random: seeded('exact'),
        dimension: DIMENSION,
        clip,
        tracking,
      });
      for (const each of [noisy, exact]) {
        expect(each.clip).toBe(clip);
        for (let round = 0; round < 30; round++) each.sum(given);
        // Norms are 1.125, 1.25, …, 2.
        expect(each.clip).toBeGreaterThan(1.1);
        expect(each.clip).toBeLessThan(2.1);
      }
      expect(exact.plan).toBeUndefined();
    }
  });
});
