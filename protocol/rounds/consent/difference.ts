import type { Primitives } from '../../crypto/primitives.ts';
import { toHex } from '../../crypto/bytes.ts';
import { CairnError } from '../../errors.ts';
import { termsOf } from '../inputs/index.ts';
import type { ClientHistory } from '../history.ts';
import { type ClientPolicy, shareOf } from '../policy.ts';
import type { RoundSettings } from '../../wire/settings.ts';
import { reliesOnNoise } from './settings.ts';
import { isAllowed } from './one-set.ts';

/**
 * Checks a survivor set against every set that the client has signed, if its policy asks for a difference. If two sums
 * differ in few members and the model has changed little, their difference is nearly a sum of those few. Without noise,
 * the same members are not summed again on other terms: if a clip, a cap on examples or a training option changes the
 * input of one member alone, the difference of the two sums is that change. Noise covers it, and its clip has to follow
 * the updates. Scales are terms like the others, even for a client whose values neither of two cuts: only a client that
 * is cut knows it, the others would sign without it, and refusing because of one's own data would reveal some of it.
 *
 * Accomplices do not count: the coordinator knows their inputs, so one of them that takes the victim's place makes a
 * second member differ and hides nothing. The policy says how many members of each sum to take for accomplices. The set
 * that was signed from the round's own model does not count either, on the same terms: any member missing since was
 * proven to have dealt falsely, and the two sums reveal no other. Otherwise a cohort with a liar could never continue.
 * @param members ids, ascending
 * @throws CairnError `cohort-too-similar`
 */
export function assertDifferent(
  {
    primitives,
    settings,
    policy,
    history,
  }: {
    readonly primitives: Primitives;
    readonly settings: RoundSettings;
    readonly policy: ClientPolicy;
    /** Undefined for a client that checks no round against earlier ones. */
    readonly history: ClientHistory | undefined;
  },
  members: readonly number[],
): void {
  const { minCohortDifference = 0 } = policy;
  if (history === undefined || minCohortDifference < 2 || reliesOnNoise(policy, settings)) return;
  // A sum of peaks reveals no update: it has no terms.
  const terms = settings.measures === true ? '' : toHex(termsOf(primitives, settings));
  const signed = history.record?.signed;
  const isOfSigned = (ids: readonly number[]): boolean => signed !== undefined && isAllowed(signed, ids);
  const isAgain = isOfSigned(members);
  for (const earlier of history.opened) {
    if (isAgain && earlier.terms === terms && isOfSigned(earlier.members)) continue;
    const accomplices = shareOf(earlier.members.length, policy.colluding) + shareOf(members.length, policy.colluding);
    const least = minCohortDifference + accomplices;
    const difference = differenceUpTo(least, earlier.members, members);
    const both = earlier.terms !== '' && terms !== '';
    if (difference === 0 && both && earlier.terms !== terms && settings.privacy === undefined) {
      throw new CairnError(
        'cohort-too-similar',
        'the sum has the same members as one that this client signed, but another clip, cap on examples or training',
      );
    }
    if (difference === 0 || difference >= least) continue;
    throw new CairnError(
      'cohort-too-similar',
      `the sum differs in ${difference} members from one that this client signed; its policy asks for at least ${least}${
        accomplices > 0 ? `, ${accomplices} of whom may collude` : ''
      }`,
    );
  }
}

/** Number of members that appear in only one of two ascending lists; counting stops at `limit`. */
function differenceUpTo(limit: number, a: readonly number[], b: readonly number[]): number {
  let count = 0;
  let i = 0;
  let j = 0;
  while (count < limit && (i < a.length || j < b.length)) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
      continue;
    }
    if (j >= b.length || (i < a.length && a[i]! < b[j]!)) i++;
    else j++;
    count++;
  }
  return count;
}
