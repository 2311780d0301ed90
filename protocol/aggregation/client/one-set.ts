import { CairnError } from '../../errors.ts';
import type { ModelRecord, SignedSet } from './history.ts';

/**
 * Refuses a roster other than the survivor set that this client signed from the same model: whoever is in that set sends
 * no input to another cohort. Members that were proven to have dealt falsely may be missing.
 * @param record what is remembered of the round's model point
 * @param ids of the roster, ascending
 * @throws CairnError `cohort-too-similar`
 */
export function assertRosterAllowed(record: ModelRecord | undefined, ids: readonly number[]): void {
  const signed = record?.signed;
  if (signed === undefined || isAllowed(signed, ids)) return;
  throw new CairnError(
    'cohort-too-similar',
    `the roster is not of the very ${signed.members.length} members whose sum this client signed from the same model`,
  );
}

/**
 * The same for a survivor set: from one model no other set is signed, over all repeats.
 * @param members ids of the set, ascending
 * @throws CairnError `cohort-too-similar`
 */
export function assertSetAllowed(record: ModelRecord | undefined, members: readonly number[]): void {
  const signed = record?.signed;
  if (signed === undefined || isAllowed(signed, members)) return;
  throw new CairnError(
    'cohort-too-similar',
    `the sum is not of the very ${signed.members.length} members whose sum this client signed from the same model`,
  );
}

/** Whether these are the members of a signed set, all of them or all but some of those that were proven to deal falsely. */
function isAllowed({ members, proven }: SignedSet, ids: readonly number[]): boolean {
  let at = 0;
  for (const member of members) {
    if (ids[at] === member) at++;
    else if (!proven.includes(member)) return false;
  }
  return at === ids.length;
}
