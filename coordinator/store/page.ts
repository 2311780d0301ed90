import { CairnError } from '../../protocol/errors.ts';
import type { RoundPage } from './types.ts';

/**
 * The part of a list that a page selects.
 * @throws CairnError `internal` if `after` or `limit` is not a non-negative integer
 */
export function pageOf<Item>(items: readonly Item[], { after = 0, limit = items.length }: RoundPage = {}): Item[] {
  for (const [name, value] of Object.entries({ after, limit })) {
    if (Number.isInteger(value) && value >= 0) continue;
    throw new CairnError('internal', `listRounds: expected ${name} to be a non-negative integer, got ${value}`);
  }
  return items.slice(after, after + limit);
}
