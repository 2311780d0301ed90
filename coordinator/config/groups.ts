import { z } from 'zod';
import { strict } from './strict.ts';

/** Below this there is no group that could be outvoted. */
export const MIN_GROUPS = 3;

const common = {
  /** Groups that a cohort is split into at random, each with a sum of its own. */
  count: z.int().min(MIN_GROUPS).max(1000),
  /** Groups whose sums a round needs at least. */
  minSums: z.int().min(MIN_GROUPS).max(1000).optional(),
};

const RULES = ['median', 'trimmed-mean', 'norm-filter'] as const;

/** How a cohort is split, and how the groups' means become one update. */
export const groupsSchema = z.discriminatedUnion(
  'rule',
  [
    strict({ rule: z.literal('median'), ...common }),
    strict({ rule: z.literal('trimmed-mean'), ...common, trim: z.int().min(1).default(1) }),
    strict({ rule: z.literal('norm-filter'), ...common, factor: z.number().min(1).default(2) }),
  ],
  { error: () => `expected an object with count and a rule (${RULES.join(', ')})` },
);

/** Sizes of `count` groups that are as equal as possible, the greater ones first. */
export function equalSizes(members: number, count: number): number[] {
  const least = Math.floor(members / count);
  return Array.from({ length: count }, (_, i) => least + (i < members % count ? 1 : 0));
}

/** Into how many groups a cohort is split; undefined where it is not. */
interface Split {
  readonly groups: { readonly count: number } | undefined;
}

/** Members of the greatest group, whose inputs one sum may hold: the whole cohort where it is not split. */
export function maxGroup({ cohort, groups }: Split & { readonly cohort: number }): number {
  return Math.ceil(cohort / (groups?.count ?? 1));
}

/** Members of the smallest group of the smallest cohort that a round begins with. */
export function smallestGroup({ quorum, groups }: Split & { readonly quorum: number }): number {
  return Math.floor(quorum / (groups?.count ?? 1));
}
