import { describe, expect, it } from 'vitest';
import { Random } from '../../../training/index.ts';
import type { LocalResult } from '../../../protocol/quantize/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { type MemberId, memberId } from '../../../protocol/ids.ts';
import { type Aggregator, createAggregator } from '../../../simulations/engine/aggregator.ts';
import { virtualMembership } from '../../../simulations/engine/virtual-task.ts';
import { readFaults } from '../../../simulations/faults/script.ts';
import { seeded } from '../../../simulations/attacks/open-round/lab.ts';
import { codeOf } from '../../support/thrown.ts';

const DIMENSION = 40;
const CLIP = 2;
const MEMBERS = [3, 4, 7, 9, 20].map(memberId);

const aggregator = (mode: 'plain' | 'secure', more: Partial<Parameters<typeof createAggregator>[0]> = {}): Aggregator =>
  createAggregator({
    mode,
    primitives: nodePrimitives,
    random: seeded('aggregator'),
    dimension: DIMENSION,
    clip: CLIP,
    ...more,
  });

/** One update for each member, of the given norm. */
function updates(norm: number): Map<MemberId, Float32Array> {
  return new Map(
    MEMBERS.map((member) => {
      const random = new Random(member, 'update');
      const values = Float64Array.from({ length: DIMENSION }, () => random.uniform() - 0.5);
      const length = Math.hypot(...values);
      return [member, Float32Array.from(values, (value) => (value * norm) / length)];
    }),
  );
}

function sumOf(vectors: Iterable<Float32Array>): Float64Array {
  const sum = new Float64Array(DIMENSION);
  for (const vector of vectors) vector.forEach((value, j) => (sum[j]! += value));
  return sum;
}

const maxDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (value, j) => Math.abs(value - b[j]!)).reduce((x, y) => Math.max(x, y), 0);

/** What stochastic rounding may add at most: a step for each member. */
const STEPS = (MEMBERS.length * CLIP) / (2 ** 15 - 1);

describe('the sum of a round', () => {
  it('is the sum of the updates in the open, and within rounding of it through the sessions', () => {
    const given = updates(1);
    const expected = sumOf(given.values());
    const plain = aggregator('plain').sum(given);
    const secure = aggregator('secure').sum(given);
    expect(maxDifference(plain.sum, expected)).toBeLessThan(1e-6);
    expect(maxDifference(secure.sum, expected)).toBeLessThan(STEPS);
    expect(maxDifference(secure.sum, expected)).toBeGreaterThan(0);
    expect(secure).toMatchObject({ included: MEMBERS, drops: [], clipped: 0 });
    expect(secure.bytesUp).toBeGreaterThan(MEMBERS.length * 2 * DIMENSION);
    expect(plain).toMatchObject({ included: MEMBERS, clipped: 0, bytesUp: 0 });
  });

  it('scales each update that is longer than the clip down to it, in both modes', () => {
    const expected = sumOf(updates(CLIP).values());
    for (const mode of ['plain', 'secure'] as const) {
      const { sum, clipped } = aggregator(mode).sum(updates(100));
      expect(clipped).toBe(MEMBERS.length);
      expect(maxDifference(sum, expected)).toBeLessThan(STEPS);
    }
  });

  it('goes through active rounds too, and needs the directory there', () => {
    const membership = virtualMembership(nodePrimitives, seeded('directory'), 20);
    const settings = { adversary: 'active' } as const;
    const given = updates(1);
    const { sum } = aggregator('secure', { membership, settings }).sum(given);
    expect(maxDifference(sum, sumOf(given.values()))).toBeLessThan(STEPS);
    expect(codeOf(() => aggregator('secure', { settings }).sum(given))).toBe('directory-mismatch');
  });

  it('refuses updates that no client would send', () => {
    for (const mode of ['plain', 'secure'] as const) {
      const short = new Map(updates(1)).set(MEMBERS[0]!, new Float32Array(DIMENSION - 1));
      expect(codeOf(() => aggregator(mode).sum(short))).toBe('update-shape');
      const broken = new Map(updates(1)).set(MEMBERS[0]!, new Float32Array(DIMENSION).fill(NaN));
      expect(codeOf(() => aggregator(mode).sum(broken))).toBe('update-not-finite');
    }
  });
});

describe('the mean of a round', () => {
  const results = new Map(
    [...updates(1)].map(([member, update], i): [MemberId, LocalResult] => [
      member,
      { update, examples: 100 * (i + 1), loss: i / 2, accuracy: i / 8 },
    ]),
  );

  it('is weighted by examples, with loss and accuracy, alike in both modes', () => {
    const options = { maxExamples: 400 };
    const plain = aggregator('plain', options).mean(results).aggregate!;
    const secure = aggregator('secure', options).mean(results).aggregate!;
    // The last member's 500 examples count as 400.
    expect(plain.examples).toBeCloseTo(1400, 9);
    expect(secure.examples).toBe(1400);
    expect(plain.loss).toBeCloseTo((0 + 0.5 * 200 + 300 + 1.5 * 400 + 2 * 400) / 1400, 9);
    expect(secure.loss).toBeCloseTo(plain.loss, 2);
    expect(secure.accuracy).toBeCloseTo(plain.accuracy, 3);
    expect(maxDifference(secure.update, plain.update)).toBeLessThan(STEPS);
  });

  it('is missing, with the reason, where too few members are left', () => {
    const faults = readFaults([{ kind: 'drop', members: MEMBERS.slice(0, 4) }]);
    const round = aggregator('secure').mean(results, { faults });
    expect(round.aggregate).toBeUndefined();
    expect(round.error?.code).toBe('below-threshold');
    expect(codeOf(() => aggregator('secure').sum(updates(1), { faults }))).toBe('below-threshold');
  });

  it('is that of the members left, where some dropped', () => {
    const faults = readFaults([{ kind: 'drop', members: [MEMBERS[1]] }]);
    const left = new Map([...results].filter(([member]) => member !== MEMBERS[1]));
    const secure = aggregator('secure').mean(results, { faults });
    const plain = aggregator('plain').mean(left);
    expect(secure.included).toEqual([...left.keys()]);
    expect(secure.drops).toMatchObject([{ member: MEMBERS[1], effect: 'before-input' }]);
    expect(maxDifference(secure.aggregate!.update, plain.aggregate!.update)).toBeLessThan(STEPS);
  });
});
