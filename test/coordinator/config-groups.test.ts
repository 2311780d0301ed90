import { describe, expect, it } from 'vitest';
import { exposureOf, parseConfig } from '../../coordinator/config/index.ts';
import { equalSizes } from '../../learning/index.ts';
import { errorOf } from './support/errors.ts';

const directory = { file: 'members.bin', authorityKey: 'ab'.repeat(32) };

const taskOf = (change: object) =>
  parseConfig({
    directory,
    tasks: [{ name: 'mnist', rounds: 3, cohort: 100, model: { tensors: { w: [2, 3] } }, ...change }],
  }).tasks[0]!;

const median = (count: number, more: object = {}): object => ({ groups: { count, rule: 'median', ...more } });

describe('groups in a configuration', () => {
  it('are sized for what one of them holds: budget, minimum sum and thresholds', () => {
    const whole = taskOf({});
    expect(whole.groups).toBeUndefined();
    expect(whole).toMatchObject({ minCohort: 50, modulusBits: 23 });
    const split = taskOf(median(10));
    expect(split).toMatchObject({ cohort: 100, quorum: 100, minCohort: 5, modulusBits: 20 });
    expect(split.groups).toEqual({ count: 10, rule: 'median', minSums: 6 });
  });

  it('need more than half of their sums, and more than trimming discards, unless minSums is higher', () => {
    const minOf = (groups: object): number => taskOf({ groups }).groups!.minSums;
    expect(minOf({ count: 3, rule: 'median' })).toBe(3);
    expect(minOf({ count: 10, rule: 'trimmed-mean' })).toBe(6);
    expect(minOf({ count: 10, rule: 'trimmed-mean', trim: 4 })).toBe(9);
    expect(minOf({ count: 10, rule: 'norm-filter', minSums: 8 })).toBe(8);
    expect(taskOf({ groups: { count: 5, rule: 'norm-filter' } }).groups).toMatchObject({ factor: 2 });
  });

  it.each<[string, object, string]>([
    ['two groups', median(2), 'tasks[0].groups.count: expected at least 3, but it is 2'],
    [
      'groups of two',
      { ...median(6), cohort: 17 },
      'the smallest of 6 groups of quorum 17 has 2 members: in a sum of fewer than 3, a member can work out another’s update',
    ],
    [
      'groups of two in the smallest cohort',
      { ...median(10), quorum: 25 },
      'the smallest of 10 groups of quorum 25 has 2 members',
    ],
    [
      'a least sum above a group',
      { ...median(10), minCohort: 11 },
      'minCohort 11 is greater than the smallest of 10 groups of quorum 100, 10',
    ],
    [
      'a threshold above a group',
      { ...median(10), threshold: 12 },
      'the smallest of 10 groups of quorum 100, 10, is below threshold 12',
    ],
    [
      'trimming that leaves nothing',
      { groups: { count: 10, rule: 'trimmed-mean', trim: 5 } },
      'groups.rule: trimmed-mean discards 10 of 10 groups, which leaves none',
    ],
    [
      'fewer sums than trimming takes',
      { groups: { count: 10, rule: 'trimmed-mean', trim: 3, minSums: 6 } },
      'groups.minSums: trimmed-mean discards 6 of 6 groups, which leaves none',
    ],
    ['more sums than groups', median(5, { minSums: 6 }), 'groups.minSums 6 is greater than groups.count 5'],
    ['a factor below 1', { groups: { count: 5, rule: 'norm-filter', factor: 0.5 } }, 'factor: expected at least 1'],
    ['an unknown rule', { groups: { count: 5, rule: 'krum' } }, 'expected an object with count and a rule (median'],
    ['a check without a tolerance', { validation: { metric: 'loss' } }, 'validation.tolerance: expected a number'],
  ])('%s are refused', (_, change, message) => {
    const error = errorOf(() => taskOf(change));
    expect(error.code).toBe('config-invalid');
    expect(error.message).toContain(message);
  });

  it.each([
    [17, 6, 'lower groups.count to 5'],
    [8, 6, 'leave groups out'],
  ])('of a cohort of %i in %i groups, the hint is one that works', (cohort, count, way) => {
    expect(errorOf(() => taskOf({ ...median(count), cohort })).hint).toContain(way);
  });

  it('refuse a key of another rule, and list those of their own', () => {
    expect(errorOf(() => taskOf(median(5, { trim: 1 })))).toMatchObject({ code: 'config-unknown-key' });
  });
});

it('sizes of groups are as equal as possible', () => {
  expect(equalSizes(10, 3)).toEqual([4, 3, 3]);
  expect(equalSizes(12, 4)).toEqual([3, 3, 3, 3]);
});

describe('what groups expose', () => {
  it('is nothing if the cohort is not split', () => {
    expect(exposureOf(taskOf({}))).toBeUndefined();
  });

  it('is the chance that some group has more colluders than its threshold tolerates', () => {
    // 20 groups of 5 out of 100, active: t = 2, so that 1 may collude. P[X ≥ 2] with 3 colluders, times 20.
    const task = taskOf({ ...median(20), colluding: 0.03, graph: 'complete' });
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
    const more = [2, 3].reduce((sum, x) => sum + choose(3, x) * choose(97, 5 - x), 0) / choose(100, 5);
    const exposure = exposureOf(task)!;
    expect(exposure).toMatchObject({ groupSize: 5, tolerated: 1 });
    expect(exposure.chance / (20 * more)).toBeCloseTo(1, 9);
  });

  it('grows as groups shrink, and a share that is safe in the whole is not in its parts', () => {
    const [few, many] = [4, 25].map((count) => exposureOf(taskOf({ ...median(count), colluding: 0.2 }))!);
    expect(few!.chance).toBeLessThan(many!.chance);
    expect(few!.safeShare).toBeGreaterThan(many!.safeShare);
    expect(few!.safeShare).toBeLessThan(0.2);
    // Two colluders cannot fill a group beyond what it stands up to; three are one too many for one of four.
    expect(many).toMatchObject({ groupSize: 4, tolerated: 1, safeShare: 0.01 });
  });
});
