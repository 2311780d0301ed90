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
 * Holds a survivor set against all that the client has signed, where its policy asks for a difference. Two sums that
 * differ in few members give away a sum of those few nearly, where the model has moved on by little. Of the same members
 * there is no second sum without noise on other terms: where a clip, a cap on examples or a training option changes the
 * input of one member alone, the difference of the two sums is what it changes. Noise covers that, and its clip has to
 * follow the updates. Scales are terms like the others, also for a client whose values neither of two cuts: whom they cut that
 * one knows alone, the others would sign without it, and to refuse by one's own data would tell of them.
 *
 * Accomplices do not count: the coordinator knows their inputs, so one of them that stands in the victim's place makes a
 * second member differ and hides nothing. As many of either sum's members are taken for such as the policy reckons with.
 * The set that was signed from the round's own model does not count either, on the same terms: whoever is missing since was
 * proven to have dealt falsely, and the two sums tell of nobody else. Without that a cohort with a liar could never go on.
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
  // A sum of peaks tells of no update: it has no terms.
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
        'the sum has the members of one that this client signed, and another clip, cap on examples or training',
      );
    }
    if (difference === 0 || difference >= least) continue;
    throw new CairnError(
      'cohort-too-similar',
      `the sum differs in ${difference} of its members from one that this client signed, it asks for at least ${least}${
        accomplices > 0 ? `, ${accomplices} of whom may collude` : ''
      }`,
    );
  }
}

/** Number of members that stand in one of two ascending lists alone; counting ends where `limit` is reached. */
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
