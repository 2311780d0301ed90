import { CairnError } from '../../errors.ts';
import type { RoundSettings } from '../../wire/settings.ts';
import type { ModelRecord, SignedSet } from '../history.ts';

/**
 * Refuses a roster other than the survivor set that this client signed from the same model: once it has signed, it
 * sends no input to another cohort. Members that were proven to have dealt falsely may be missing.
 *
 * The right roster is not enough. Members that have not signed yet might sign a smaller set of it, and if a few witnesses
 * sign for all, they may be a quorum: this client's input would be in a second sum without its word. So the settings
 * must ask for every input of the roster. Every client, whatever it signed before, enforces `minCohort` on a set.
 * @param record what is remembered of the round's model point
 * @param ids of the roster, ascending
 * @param minCohort of the round's settings
 * @throws CairnError `cohort-too-similar`
 */
export function assertRosterAllowed(
  record: ModelRecord | undefined,
  ids: readonly number[],
  { minCohort }: Pick<RoundSettings, 'minCohort'>,
): void {
  const signed = record?.signed;
  if (signed === undefined) return;
  const { length: size } = signed.members;
  if (!isAllowed(signed, ids)) {
    throw new CairnError(
      'cohort-too-similar',
      `the roster is not the same ${size} members whose sum this client signed from the same model`,
    );
  }
  if (minCohort >= ids.length) return;
  throw new CairnError(
    'cohort-too-similar',
    `the roster has the members whose sum this client signed from the same model, but the settings allow a sum of ${minCohort} of its ${ids.length}`,
  );
}

/**
 * The same for a survivor set: from one model no other set is signed, over all repeats. That a proven liar may also
 * drop during the round reveals nothing: the sums of two sets that are allowed differ in inputs of proven liars alone.
 * @param members ids of the set, ascending
 * @throws CairnError `cohort-too-similar`
 */
export function assertSetAllowed(record: ModelRecord | undefined, members: readonly number[]): void {
  const signed = record?.signed;
  if (signed === undefined || isAllowed(signed, members)) return;
  throw new CairnError(
    'cohort-too-similar',
    `the sum is not of the same ${signed.members.length} members whose sum this client signed from the same model`,
  );
}

/** Whether these are the members of a signed set, all or all but some of its proven liars. @param ids ascending */
export function isAllowed({ members, proven }: SignedSet, ids: readonly number[]): boolean {
  let at = 0;
  for (const member of members) {
    if (ids[at] === member) at++;
    else if (!proven.includes(member)) return false;
  }
  return at === ids.length;
}

/**
 * Refuses to continue a session if this client has shared its keys in a later one from the same model, as two processes
 * with one identity may. Then "sent here, then signed there" has one order for all members: the input of a client that
 * signs a set is in no other session that is still to come.
 * @param sessionId in hex
 * @throws CairnError `round-superseded`
 */
export function assertLatestSession(record: ModelRecord | undefined, sessionId: string): void {
  if (record?.session === sessionId) return;
  throw new CairnError('round-superseded', 'this client has moved on to another round from the same model');
}
