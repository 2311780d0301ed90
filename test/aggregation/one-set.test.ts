import { describe, expect, it } from 'vitest';
import { assertRosterAllowed, assertSetAllowed } from '../../protocol/rounds/consent/one-set.ts';
import type { ModelRecord } from '../../protocol/schemes/secagg/client/types.ts';
import { corruptHolders } from '../../protocol/schemes/secagg/parameters/index.ts';
import { codeOf } from '../support/thrown.ts';

const B = [2, 3, 5, 7, 9];
const record = (proven: readonly number[], members = B): ModelRecord => ({
  inputs: [],
  signed: { members, sessions: [], proven },
});

function subsets(list: readonly number[]): number[][] {
  return list.reduce<number[][]>((all, item) => [...all, ...all.map((some) => [...some, item])], [[]]);
}

describe.each([
  [
    'roster',
    (known: ModelRecord | undefined, ids: readonly number[]) =>
      assertRosterAllowed(known, ids, { minCohort: Math.max(2, ids.length) }),
  ],
  ['survivor set', assertSetAllowed],
] as const)('the %s of a round from a model', (_, assertAllowed) => {
  const allowed = (proven: readonly number[], ids: readonly number[]): boolean => {
    try {
      assertAllowed(record(proven), ids);
      return true;
    } catch {
      return false;
    }
  };

  it('may be any while no set was signed', () => {
    for (const known of [undefined, { inputs: [], signed: undefined }]) assertAllowed(known, [1, 2]);
  });

  it('is the signed set, without any of those that are proven to have dealt falsely, and no other', () => {
    const everybody = [1, 2, 3, 4, 5, 7, 9, 11];
    for (const proven of [[], [3], [3, 9], [2, 3, 9], [4], [1, 3]]) {
      for (const ids of subsets(everybody)) {
        const missing = B.filter((member) => !ids.includes(member));
        const added = ids.filter((member) => !B.includes(member));
        const expected = added.length === 0 && missing.every((member) => proven.includes(member));
        expect({ proven, ids, allowed: allowed(proven, ids) }).toEqual({ proven, ids, allowed: expected });
      }
    }
  });

  it('is refused under one code', () => {
    expect(codeOf(() => assertAllowed(record([3]), [2, 3, 5, 7]))).toBe('cohort-too-similar');
    expect(codeOf(() => assertAllowed(record([3]), [2, 5, 7]))).toBe('cohort-too-similar');
    expect(codeOf(() => assertAllowed(record([]), [...B, 10]))).toBe('cohort-too-similar');
    assertAllowed(record([3]), [2, 5, 7, 9]);
  });
});

describe('a roster of the very set', () => {
  it('is refused where the settings allow a sum of fewer, and taken where they ask for all', () => {
    for (const minCohort of [2, 3, 4])
      expect(codeOf(() => assertRosterAllowed(record([]), B, { minCohort }))).toBe('cohort-too-similar');
    assertRosterAllowed(record([]), B, { minCohort: 5 });
    assertRosterAllowed(record([3]), [2, 5, 7, 9], { minCohort: 4 });
    expect(codeOf(() => assertRosterAllowed(record([3]), [2, 5, 7, 9], { minCohort: 3 }))).toBe('cohort-too-similar');
  });
});

describe('how many holders of one member’s shares may be corrupt', () => {
  const active = (colluding: number) => ({ adversary: 'active', colluding }) as const;

  it('is the share of all members on the complete graph', () => {
    for (const [n, colluding, corrupt] of [
      [6, 0.2, 1],
      [12, 0.25, 3],
      [100, 0.29, 29],
      [5, 0.1, 0],
    ] as const) {
      expect(corruptHolders({ graph: 'complete', n, degree: n - 1 }, active(colluding))).toBe(corrupt);
    }
  });

  it('is more than their share of a neighbourhood on a ring, and no more than there are', () => {
    const ring = { graph: 'ring', n: 1000, degree: 100 } as const;
    const corrupt = corruptHolders(ring, active(0.2));
    expect(corrupt).toBeGreaterThan(20);
    expect(corrupt).toBeLessThan(100);
    expect(corruptHolders(ring, active(0.1))).toBeLessThan(corrupt);
    expect(corruptHolders({ graph: 'ring', n: 64, degree: 32 }, active(0.05))).toBe(3);
  });
});
