import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { DecodedSum } from '../../protocol/quantize/index.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';
import type { GroupRule } from '../rules/index.ts';

/** How a round's cohort was split, and how its groups are combined. */
export interface GroupTerms {
  /** Groups that the cohort was split into. */
  readonly count: number;
  /** Minimum number of groups whose sums the round needs. */
  readonly minSums: number;
  readonly rule: GroupRule;
}

/** The groups of a round as one sum. */
export interface Combined {
  readonly sum: DecodedSum;
  /** Why a group's sum does not count, by the group's index. */
  readonly leftOut: ReadonlyMap<number, ErrorCode>;
}

/**
 * Opens the sums of a round's groups and combines them by the task's rule, in steps short enough to yield to other work
 * between them. A sum that cannot be decoded, as when a member forged its weight, costs only its group.
 * @param groups - undefined if the cohort is not split
 * @param open - opens the sum at an index; it throws `data-empty` for one without weight
 * @param settings - the model's size, and its untrained ranges
 * @throws CairnError `groups-missing` if fewer sums are left than the task requires; without groups, what `open` throws
 */
export function* combineGroups<Sum>(
  groups: GroupTerms | undefined,
  sums: readonly (Sum | undefined)[],
  open: (sum: Sum) => DecodedSum,
  { dimension, untrained = [] }: Pick<RoundSettings, 'dimension' | 'untrained'>,
): Generator<unknown, Combined> {
  const leftOut = new Map<number, ErrorCode>();
  if (groups === undefined) {
    const [only] = sums;
    if (only === undefined) throw new CairnError('internal', 'a round without groups and without a sum');
    return { sum: open(only), leftOut };
  }
  const opened: { readonly place: number; readonly sum: DecodedSum }[] = [];
  sums.forEach((sum, place) => {
    if (sum === undefined) return;
    try {
      opened.push({ place, sum: open(sum) });
    } catch (thrown) {
      if (!(thrown instanceof CairnError && thrown.code === 'data-empty')) throw thrown;
      leftOut.set(place, thrown.code);
    }
  });
  if (opened.length < groups.minSums) {
    throw new CairnError(
      'groups-missing',
      `${opened.length} of ${groups.count} groups have a sum, the task requires ${groups.minSums}`,
    );
  }
  const combination = groups.rule.combine(
    opened.map(({ sum }) => sum),
    dimension,
    untrained,
  );
  yield* combination.steps();
  for (const at of combination.leftOut) leftOut.set(opened[at]!.place, 'sum-outlier');
  return { sum: combination.sum, leftOut };
}
