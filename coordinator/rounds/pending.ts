import { CairnError } from '../../protocol/errors.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { LIMITS } from '../../protocol/wire/index.ts';
import type { AnnouncedSet, PendingRecord } from '../store/types.ts';

/** What is pending for a model from which nothing has gone out yet. */
export const nothingPending = (modelHash: string, rebases = 0): PendingRecord => ({
  modelHash,
  repeat: 0,
  rebases,
  sets: [],
});

/** Whether a record says no more than {@link nothingPending}, so it need not be kept. */
export const isNothing = ({ repeat, rebases, sets }: PendingRecord): boolean =>
  repeat === 0 && rebases === 0 && sets.length === 0;

/** The members that are seated when a set is asked for again: all except those proven to have lied. Ascending. */
export function seatsOf({ members, proven }: AnnouncedSet): MemberId[] {
  const liars = new Set(proven);
  return members.filter((member) => !liars.has(member)).map(memberId);
}

/** A name for a set, by its members. */
export const nameOf = ({ members }: Pick<AnnouncedSet, 'members'>): string => members.join();

/**
 * What is pending once a survivor set is announced. A set that is already recorded, as it is or without those that were
 * proven to have lied, changes nothing.
 * @param members - ids, ascending
 * @throws CairnError `internal` if one of them is in another set: such a cohort is never seated
 */
export function withAnnounced(pending: PendingRecord, members: readonly number[]): PendingRecord {
  const listed = members.join();
  if (pending.sets.some((set) => nameOf(set) === listed || seatsOf(set).join() === listed)) return pending;
  const taken = new Set(pending.sets.flatMap((set) => set.members));
  const twice = members.filter((member) => taken.has(member));
  if (twice.length > 0) {
    throw new CairnError('internal', `members ${twice.join(', ')} are in another set that was announced`);
  }
  return { ...pending, sets: [...pending.sets, { members: [...members], proven: [], proofs: [], spent: false }] };
}

/**
 * What is pending once members of a set are proven to have dealt falsely: the others of that set accept a cohort
 * without them as the same one. A set that would need more proofs than a client reads before a roster is spent.
 * @param culprits - members of one set; any that are in none are ignored
 * @param proofs - one for each culprit, in the same order
 */
export function withProofs(
  pending: PendingRecord,
  culprits: readonly number[],
  proofs: readonly string[],
): PendingRecord {
  const sets = pending.sets.map((set): AnnouncedSet => {
    const inside = culprits.flatMap((member, place) => {
      const isNew = set.members.includes(member) && !set.proven.includes(member);
      return isNew && place < proofs.length ? [{ member, proof: proofs[place]! }] : [];
    });
    if (inside.length === 0) return set;
    const proven = [...set.proven, ...inside.map(({ member }) => member)].sort((a, b) => a - b);
    const all = [...set.proofs, ...inside.map(({ proof }) => proof)];
    return { ...set, proven, proofs: all.slice(0, LIMITS.proofs), spent: set.spent || all.length > LIMITS.proofs };
  });
  return { ...pending, sets };
}

/**
 * What is pending if the same members must train again. If they have already done so as often as they may, the sets
 * concerned are spent.
 * @param maxRepeats - how often the task has members train again from one model
 * @param concerns - whether a set failed as it is
 */
export function trainedAnew(
  pending: PendingRecord,
  maxRepeats: number,
  concerns: (set: AnnouncedSet) => boolean,
): PendingRecord {
  if (pending.repeat < maxRepeats) return { ...pending, repeat: pending.repeat + 1 };
  return { ...pending, sets: pending.sets.map((set) => (concerns(set) ? { ...set, spent: true } : set)) };
}
