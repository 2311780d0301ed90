import type { DecodedSum } from '../../protocol/quantize/index.ts';
import type { UntrainedRange } from '../../protocol/wire/settings.ts';
import { byCoordinate, median, trimmedMean } from './coordinates.ts';
import { normFilter } from './norm-filter.ts';
import type { Combination, GroupRule } from './types.ts';

export type { GroupRule } from './types.ts';

/**
 * Combines the sums of a round's groups by a robust rule.
 * @param sums - at least one; more than 2·trim for a trimmed mean
 * @param size - number of coordinates of each
 * @param untrained - those that are not trained, ascending
 */
export function combine(
  rule: GroupRule,
  sums: readonly DecodedSum[],
  size: number,
  untrained: readonly Pick<UntrainedRange, 'from' | 'length'>[] = [],
): Combination {
  switch (rule.rule) {
    case 'median':
      return byCoordinate(sums, median);
    case 'trimmed-mean':
      return byCoordinate(sums, trimmedMean(rule.trim));
    case 'norm-filter':
      return normFilter(sums, size, rule.factor, untrained);
  }
}
