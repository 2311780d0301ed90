/** With fewer groups, none could be outvoted. */
export const MIN_GROUPS = 3;

/** Sizes of `count` groups that are as equal as possible, the larger ones first. */
export function equalSizes(members: number, count: number): number[] {
  const smallest = Math.floor(members / count);
  return Array.from({ length: count }, (_, i) => smallest + (i < members % count ? 1 : 0));
}

/** Into how many groups a cohort is split; undefined if it is not. */
interface Split {
  readonly groups: { readonly count: number } | undefined;
}

/** Members of the largest group, the maximum inputs of one sum: the whole cohort if it is not split. */
export function maxGroup({ cohort, groups }: Split & { readonly cohort: number }): number {
  return Math.ceil(cohort / (groups?.count ?? 1));
}

/** Members of the smallest group of the smallest cohort that a round begins with. */
export function smallestGroup({ quorum, groups }: Split & { readonly quorum: number }): number {
  return Math.floor(quorum / (groups?.count ?? 1));
}
