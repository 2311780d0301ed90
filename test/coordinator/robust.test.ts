import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CoordinateRange, createGroupRule, type GroupRuleConfig } from '../../learning/index.ts';
import type { DecodedSum } from '../../protocol/quantize/index.ts';

/** A group's mean, opened, with metrics of its own. */
const opened = (values: readonly number[], metrics: Partial<DecodedSum> = {}): DecodedSum => ({
  examples: 100,
  totalWeight: 1,
  loss: 1,
  accuracy: 0.5,
  ...metrics,
  update: (from, into) => into.set(values.slice(from, from + into.length)),
});

/** What a rule makes of means, taken out `part` coordinates at a time. */
function combined(rule: GroupRuleConfig, means: readonly (readonly number[])[], part = 1000): number[] {
  const size = means[0]!.length;
  const combination = combine(
    rule,
    means.map((mean) => opened(mean)),
    size,
  );
  Array.from(combination.steps());
  const values = new Float32Array(size);
  for (let from = 0; from < size; from += part) combination.sum.update(from, values.subarray(from, from + part));
  return [...values];
}

function combine(
  rule: GroupRuleConfig,
  sums: readonly DecodedSum[],
  size: number,
  untrained: readonly CoordinateRange[] = [],
) {
  return createGroupRule(rule).combine(sums, size, untrained);
}

const single = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 });

/** Means of 3 to 60 groups, all of one length. */
const means = fc
  .tuple(fc.integer({ min: 3, max: 60 }), fc.integer({ min: 1, max: 9 }))
  .chain(([groups, size]) =>
    fc.array(fc.array(single, { minLength: size, maxLength: size }), { minLength: groups, maxLength: groups }),
  );

const columns = (rows: readonly (readonly number[])[]): number[][] =>
  rows[0]!.map((_, j) => rows.map((row) => row[j]!));

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe('a rule over the means of groups, against its definition', () => {
  it('median: as many values on either side of it', () => {
    fc.assert(
      fc.property(means, fc.integer({ min: 1, max: 10 }), (rows, part) => {
        const found = combined({ rule: 'median' }, rows, part);
        columns(rows).forEach((column, j) => {
          const sorted = ascending(column);
          const half = sorted.length / 2;
          const expected = Number.isInteger(half) ? (sorted[half - 1]! + sorted[half]!) / 2 : sorted[Math.floor(half)]!;
          expect(found[j]! + 0).toBe(Math.fround(expected) + 0); // whatever the sign of a zero
        });
      }),
    );
  });

  it('trimmed mean: the average without the smallest and the largest', () => {
    fc.assert(
      fc.property(means, fc.nat(), (rows, any) => {
        const trim = 1 + (any % (Math.ceil(rows.length / 2) - 1));
        const found = combined({ rule: 'trimmed-mean', trim }, rows);
        columns(rows).forEach((column, j) => {
          expect(found[j]).toBeCloseTo(average(ascending(column).slice(trim, column.length - trim)), 3);
        });
      }),
    );
  });

  it('norm filter: the average of those whose norm is at most a multiple of the middle one', () => {
    fc.assert(
      fc.property(means, fc.double({ min: 1, max: 4, noNaN: true }), (rows, factor) => {
        const norms = rows.map((row) => Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)));
        const bound = factor * ascending(norms)[(norms.length - 1) >> 1]!;
        // Norms that equal the bound but for rounding may fall on either side of it.
        fc.pre(norms.every((norm) => norm === 0 || Math.abs(norm / bound - 1) > 1e-9 || factor === 1));
        const kept = rows.filter((_, i) => norms[i]! <= bound);
        const found = combined({ rule: 'norm-filter', factor }, rows);
        columns(kept).forEach((column, j) => expect(found[j]).toBeCloseTo(average(column), 3));
      }),
    );
  });
});

describe.each<GroupRuleConfig>([
  { rule: 'median' },
  { rule: 'trimmed-mean', trim: 2 },
  { rule: 'norm-filter', factor: 2 },
])('$rule', (rule) => {
  it('does not depend on the order of the groups', () => {
    fc.assert(
      fc.property(means, (rows) => {
        fc.pre(rows.length > 4);
        const turned = [...rows.slice(1), rows[0]!];
        combined(rule, turned).forEach((value, j) => expect(value).toBeCloseTo(combined(rule, rows)[j]!, 3));
      }),
    );
  });

  it('is the common value if all groups agree', () => {
    const row = [1.5, -2, 0];
    expect(combined(rule, [row, row, row, row, row])).toEqual(row);
  });

  it('stays among the honest groups, however far two of seven deviate', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.float({ noNaN: true, min: 1, max: 1.5 }), { minLength: 4, maxLength: 4 }), {
          minLength: 5,
          maxLength: 5,
        }),
        fc.constantFrom(1e4, -1e6, 1e9),
        (honest, far) => {
          const found = combined(rule, [[far, far, far, far], ...honest, [far, -far, far, -far]]);
          columns(honest).forEach((column, j) => {
            expect(found[j]).toBeGreaterThanOrEqual(Math.min(...column) - 1e-6);
            expect(found[j]).toBeLessThanOrEqual(Math.max(...column) + 1e-6);
          });
        },
      ),
    );
  });

  it('puts metrics through the rule, so that a claimed weight moves nothing', () => {
    const liar = opened([1e6], { examples: 1e9, totalWeight: 1e7, loss: 1e5, accuracy: 900 });
    const honest = [1, 1.1, 0.9, 1].map((value) => opened([value]));
    const combination = combine(rule, [liar, ...honest], 1);
    Array.from(combination.steps());
    const { examples, totalWeight, loss, accuracy } = combination.sum;
    expect([loss, accuracy]).toEqual([1, 0.5]);
    // Those of all groups that count, as if the liar were like the others.
    const groups = rule.rule === 'norm-filter' ? 4 : 5;
    expect([examples, totalWeight]).toEqual([groups * 100, groups]);
    expect(combination.leftOut).toEqual(rule.rule === 'norm-filter' ? [0] : []);
  });
});

it('the norm filter inspects all coordinates before it decides, in steps', () => {
  const size = 100_000;
  const values = Array.from({ length: size }, (_, j) => (j === size - 1 ? 50 : 0));
  const sums = [opened(values), ...[1, 2, 3].map(() => opened(Array.from({ length: size }, () => 0.01)))];
  const combination = combine({ rule: 'norm-filter', factor: 2 }, sums, size);
  expect(() => combination.sum).toThrow('norms');
  expect([...combination.steps()].length).toBeGreaterThan(4);
  expect(combination.leftOut).toEqual([0]);
});

describe('untrained coordinates in the norm filter', () => {
  const untrained = [{ from: 2, length: 2 }];
  const leftOut = (means: readonly (readonly number[])[], ranges = untrained): readonly number[] => {
    const combination = combine(
      { rule: 'norm-filter', factor: 2 },
      means.map((mean) => opened(mean)),
      means[0]!.length,
      ranges,
    );
    Array.from(combination.steps());
    return combination.leftOut;
  };
  const honest = [
    [1, 0, 3000, 1],
    [0, 1, 4000, 1],
    [1, 1, 3500, 1],
  ];

  it('do not hide a group whose weights are ten times as long as those of others', () => {
    const poisoned = [...honest, [10, 0, 3600, 1]];
    expect(leftOut(poisoned)).toEqual([3]);
    // As one norm, in which the moments are nearly all of it, they did.
    expect(leftOut(poisoned, [])).toEqual([]);
  });

  it('have a separate norm, by which a group is left out as well', () => {
    expect(leftOut([...honest, [1, 0, 90_000, 1]])).toEqual([3]);
    expect(leftOut(honest)).toEqual([]);
  });
});
