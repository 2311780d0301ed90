import type { DecodedSum } from '../../protocol/quantize/index.ts';
import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import type { TaskConfig } from '../config/index.ts';
import { combine } from '../../learning/rules/index.ts';
import { inTurns } from '../../platform/index.ts';

/** The groups of a round as one sum. */
export interface Combined {
  readonly sum: DecodedSum;
  /** Why a group's sum does not count, by its place among the groups. */
  readonly leftOut: ReadonlyMap<number, ErrorCode>;
}

/**
 * Opens the sums of a round's groups and combines them by the task's rule. A sum that cannot be opened, as where a member
 * made its weight up, costs its group alone.
 * @param open - opens the sum at a place; it throws `data-empty` for one without weight
 * @param settings - the model's size, and which of it is not trained
 * @throws CairnError `groups-missing` where fewer sums are left than the task asks for; of the only sum, what `open` throws
 */
export async function combineGroups<Sum>(
  groups: TaskConfig['groups'],
  sums: readonly (Sum | undefined)[],
  open: (sum: Sum) => DecodedSum,
  { dimension, untrained = [] }: Pick<RoundSettings, 'dimension' | 'untrained'>,
): Promise<Combined> {
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
      `${opened.length} of ${groups.count} groups have a sum, the task asks for ${groups.minSums}`,
    );
  }
  const combination = combine(
    groups,
    opened.map(({ sum }) => sum),
    dimension,
    untrained,
  );
  await inTurns(combination.steps());
  for (const at of combination.leftOut) leftOut.set(opened[at]!.place, 'sum-outlier');
  return { sum: combination.sum, leftOut };
}
