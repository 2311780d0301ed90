import { above, roundParameters, shareOf } from '../../protocol/schemes/secagg/index.ts';
import { equalSizes } from '../../learning/index.ts';
import type { TaskConfig } from './task.ts';

/** What splitting a cohort at random costs in privacy, if the coordinator draws honestly. */
export interface Exposure {
  /** Members of the smallest group of a whole cohort. */
  readonly groupSize: number;
  /** Colluding members of that group up to which its sum stays protected. */
  readonly tolerated: number;
  /**
   * An upper bound on the probability that in one round some group has more colluding members than it tolerates, if the
   * task's share γ of the whole cohort colludes.
   */
  readonly chance: number;
  /** The largest share of the whole cohort that may collude while that probability is at most 2^−20 a round. */
  readonly safeShare: number;
}

const SAFE = 2 ** -20;

/** Colluding members of a group of n up to which its threshold and quorum are sound; see `assertSound`. */
function toleratedOf(task: TaskConfig, n: number): number {
  const { graph, threshold, quorum } = roundParameters({ ...task, n });
  // On a ring it is the share that the degree was chosen for.
  if (graph === 'ring') return shareOf(n, task.colluding);
  return task.adversary === 'active' ? Math.min(threshold - 1, 2 * quorum - n - 1) : threshold - 1;
}

/**
 * What a task's groups expose, by the tail of the hypergeometric distribution and a union bound over the groups;
 * undefined if the cohort is not split. A round in which members drop out has smaller groups, and is not counted here.
 */
export function exposureOf(task: TaskConfig): Exposure | undefined {
  const { cohort, groups, colluding } = task;
  if (groups === undefined) return undefined;
  // Two sizes at most.
  const kinds = new Map<number, { groups: number; readonly tolerated: number }>();
  for (const size of equalSizes(cohort, groups.count)) {
    const kind = kinds.get(size);
    if (kind === undefined) kinds.set(size, { groups: 1, tolerated: toleratedOf(task, size) });
    else kind.groups++;
  }
  const chanceOf = (marked: number): number => {
    let sum = 0;
    for (const [draws, kind] of kinds) sum += kind.groups * above({ total: cohort, marked, draws }, kind.tolerated);
    return Math.min(1, sum);
  };
  let safe = 0;
  while (safe < cohort && chanceOf(safe + 1) <= SAFE) safe++;
  const groupSize = Math.min(...kinds.keys());
  return {
    groupSize,
    tolerated: kinds.get(groupSize)!.tolerated,
    chance: chanceOf(shareOf(cohort, colluding)),
    safeShare: safe / cohort,
  };
}
