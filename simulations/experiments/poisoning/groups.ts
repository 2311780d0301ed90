import { logBinomial } from '../../../protocol/schemes/secagg/index.ts';
import { Random } from '../../../training/index.ts';
import { cut, equalSizes } from '../../../learning/index.ts';
import { sum } from '../../laboratory/statistics.ts';
import type { MemberId } from '../../../protocol/ids.ts';

/** A round's cohort, split into groups as a coordinator does: everything drawn from the seed. */
export function drawGroups(
  members: readonly MemberId[],
  { cohort, groups, seed, round }: Readonly<Record<'cohort' | 'groups' | 'seed' | 'round', number>>,
): MemberId[][] {
  const order = new Random(seed, `cohort of round ${round}`).shuffle(Uint32Array.from(members));
  return cut([...order.subarray(0, cohort)] as MemberId[], equalSizes(cohort, groups));
}

/** Expected share of groups with an attacker in them: 1 minus the probability that a group's draws all miss them. */
export function predictedPoisoned(
  members: number,
  { attackers, cohort, groups }: Readonly<Record<'attackers' | 'cohort' | 'groups', number>>,
): number {
  const sizes = equalSizes(cohort, groups);
  const clean = sizes.map((size) => Math.exp(logBinomial(members - attackers, size) - logBinomial(members, size)));
  return 1 - sum(clean) / groups;
}
