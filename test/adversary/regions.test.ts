import { describe, expect, it } from 'vitest';
import { DROPPED, splitRegions } from '../../simulations/attacks/regions.ts';
import { equalSums } from '../../simulations/engine/plain-sums.ts';

describe('a coordinator that shows different survivor sets in different regions of a ring', () => {
  it.each([
    [0.05, 0],
    [0.1, 0],
    [0.1, 6],
    [0.2, 12],
  ])(
    'opens no sum where γ = %d and %i accomplices are witnesses: one set at most has a quorum',
    (share, accomplices) => {
      const { attempt, codes, revealed, facts } = splitRegions(share, accomplices);
      const { witnesses, quorum } = facts.parameters;
      expect(witnesses + accomplices).toBeLessThan(2 * quorum);
      expect(codes).toEqual(new Set(['consistency-too-few']));
      expect(revealed.size).toBeLessThan(2);
      expect(attempt.sum).toBeUndefined();
    },
  );

  it.each([
    [0.05, 4],
    [0.1, 7],
  ])(
    'OPENS a sum of 58 where γ = %d and %i accomplices are witnesses, one more than tolerated',
    (share, accomplices) => {
      const { attempt, codes, common, lab } = splitRegions(share, accomplices);
      expect(codes).toEqual(new Set());
      expect(attempt.sum?.members).toEqual(common);
      expect(common).toHaveLength(lab.members.length - 2 * DROPPED);
      expect(equalSums(attempt.sum!.values, lab.plainSum(attempt.sum!.members))).toBe(true);
    },
  );
});
