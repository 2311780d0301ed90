import { toHex, utf8 } from '../../crypto/bytes.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import { CairnError } from '../../errors.ts';
import { setBits } from '../../wire/bitmap.ts';
import type { RoundPrivacy, RoundSettings } from '../../wire/settings.ts';
import { type RoundParameters, shareOf } from '../parameters/index.ts';
import type { ClientContext, ClientHistory, ClientPolicy, LeastNoise, SessionFacts } from './types.ts';

/**
 * Holds an invitation against the parts of the client's policy that its settings alone decide.
 * @throws CairnError `policy-task`, `adversary-too-weak`, `cohort-too-small`, `policy-noise`, `policy-rounds-per-day`
 */
export function assertConsent(
  settings: RoundSettings,
  policy: ClientPolicy,
  { roundsWithinDay = 0 }: Partial<ClientHistory> = {},
): void {
  const { tasks, mostRoundsPerDay = 0 } = policy;
  if (tasks !== undefined && !tasks.includes(settings.task)) {
    throw new CairnError('policy-task', `task "${settings.task}" is none of those that this client takes part in`);
  }
  if (policy.adversary === 'active' && settings.adversary !== 'active') {
    throw new CairnError('adversary-too-weak', `the round is "${settings.adversary}", this client asks for "active"`);
  }
  if (settings.minCohort < policy.minCohort) {
    throw new CairnError(
      'cohort-too-small',
      `the round allows sums of ${settings.minCohort}, this client asks for at least ${policy.minCohort}`,
    );
  }
  if (policy.leastNoise !== undefined) assertNoise(settings.privacy, policy.leastNoise);
  if (mostRoundsPerDay > 0 && roundsWithinDay >= mostRoundsPerDay) {
    throw new CairnError(
      'policy-rounds-per-day',
      `this client has taken part in ${roundsWithinDay} rounds within 24 hours, and allows ${mostRoundsPerDay}`,
    );
  }
}

/** Whoever adds the noise knows it, and may leave it out: what the coordinator adds does not count against the coordinator. */
function assertNoise(privacy: RoundPrivacy | undefined, { placement = 'distributed', multiplier }: LeastNoise): void {
  const found =
    privacy === undefined ? 'none' : `${privacy.placement} noise with multiplier ${privacy.noiseMultiplier}`;
  const counts = placement === 'central' || privacy?.placement === 'distributed';
  if (counts && privacy !== undefined && privacy.noiseMultiplier >= multiplier) return;
  throw new CairnError(
    'policy-noise',
    `this client asks for ${placement} noise with multiplier ${multiplier} at least, the round has ${found}`,
  );
}

/** @throws CairnError `policy-threshold` where fewer shares open a secret than the client asks */
export function assertThreshold({ threshold, n }: RoundParameters, { leastThreshold = 0 }: ClientPolicy): void {
  if (threshold >= leastThreshold) return;
  throw new CairnError(
    'policy-threshold',
    `${threshold} shares open a secret in a cohort of ${n}, this client asks for at least ${leastThreshold}`,
  );
}

/** Ids of the members in a survivor set, ascending; undefined where the session keeps no ids. */
export function membersOf({ ids }: SessionFacts, survivors: Uint8Array): readonly number[] | undefined {
  return ids && setBits(survivors).map((index) => ids[index]);
}

/**
 * What a round makes of a client's update before it is masked, as the hash of its settings that decide it, in hex. Shares
 * of a budget and what was spent of it are none of these: they change from attempt to attempt.
 */
export function termsOf(primitives: Primitives, settings: RoundSettings): string {
  const { clip, maxExamples, lossBound, inputBits, training, privacy } = settings;
  const { placement, distribution, noiseMultiplier, leastSurvivors, bitWidth } = privacy ?? {};
  const noise = [placement, distribution, noiseMultiplier, leastSurvivors, bitWidth];
  return toHex(primitives.sha256(utf8(JSON.stringify([clip, maxExamples, lossBound, inputBits, training, noise]))));
}

/**
 * Holds a survivor set against those that the client has helped to open. Two sums that differ in few members give away a
 * sum of those few: exactly, if they begin with one model, since clients keep their update for the next attempt; and
 * nearly, if the model has moved on by little. Training options do not make a difference here, since the same data from
 * the same model gives much the same update.
 *
 * Of the same members there is no second sum on other terms: where a clip, a cap on examples or a training option changes
 * the input of one member alone, the difference of the two sums is what it changes. Noise covers that from one model to
 * the next, and its clip has to follow the updates.
 *
 * Accomplices do not count: the coordinator knows their inputs, so one of them that stands in the victim's place makes a
 * second member differ and hides nothing. As many of either sum's members are taken for such as the policy reckons with.
 * @throws CairnError `cohort-too-similar`
 */
export function assertDifferent(
  { primitives, settings, policy, history }: Pick<ClientContext, 'primitives' | 'settings' | 'policy' | 'history'>,
  members: readonly number[],
): void {
  if (history === undefined || reliesOnNoise(policy, settings)) return;
  const model = toHex(settings.modelHash);
  const terms = termsOf(primitives, settings);
  const { repeatDifference = 0, leastDifference = 0 } = policy;
  for (const earlier of history.opened) {
    const repeated = earlier.model === model;
    const honest = repeated ? Math.max(repeatDifference, leastDifference) : leastDifference;
    if (honest < 2) continue;
    const accomplices = shareOf(earlier.members.length, policy.colluding) + shareOf(members.length, policy.colluding);
    const least = honest + accomplices;
    const difference = differenceUpTo(least, earlier.members, members);
    if (difference === 0 && earlier.terms !== terms && (repeated || settings.privacy === undefined)) {
      throw new CairnError(
        'cohort-too-similar',
        'the sum has the members of one that this client helped to open, and another clip, cap on examples, noise or training',
      );
    }
    if (difference === 0 || difference >= least) continue;
    throw new CairnError(
      'cohort-too-similar',
      `the sum differs in ${difference} of its members from one that this client helped to open${
        repeated ? ' from the same model' : ''
      }, it asks for at least ${least}${accomplices > 0 ? `, ${accomplices} of whom may collude` : ''}`,
    );
  }
}

/**
 * Whether the client has said how much of its members' noise is enough for it, and the round has it: then each sum has
 * noise of its own, which bounds what two of them tell together, whoever differs.
 */
export const reliesOnNoise = ({ leastNoise }: ClientPolicy, { privacy }: RoundSettings): boolean =>
  leastNoise !== undefined && leastNoise.placement !== 'central' && privacy?.placement === 'distributed';

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
    if (j >= b.length || (i < a.length && a[i] < b[j])) i++;
    else j++;
    count++;
  }
  return count;
}
