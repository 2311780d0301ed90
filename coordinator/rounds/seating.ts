import type { MemberId } from '../../protocol/ids.ts';
import type { AnnouncedSet, PendingRecord } from '../store/types.ts';
import { nameOf, seatsOf } from './pending.ts';

/** What a task's configuration says of whom to seat. */
export interface SeatingTerms {
  /** Members that must be there for a fresh cohort, those that are left out of it among them. */
  readonly quorum: number;
  /** Members that it must have without them. */
  readonly fewest: number;
  /** Fewest and most inputs that a sum may have. */
  readonly minCohort: number;
  readonly maxCohort: number;
  /** Into how many groups a cohort is split, how many sums a round needs, and the fewest members that a group begins with. */
  readonly groups: { readonly count: number; readonly minSums: number; readonly smallest: number } | undefined;
  /** Cohorts are drawn by chance from all who are there: then none is drawn beside a set. */
  readonly drawn: boolean;
  /** Attempts with the same set that may fail before it is given up. */
  readonly rebaseAttempts: number;
  /** Steps by which the model may be moved before a round commits. */
  readonly maxRebases: number;
}

/** Who is there, and what stands against seating them. */
export interface SeatingView {
  /** Members that are connected and in no round, ascending. */
  readonly idle: readonly MemberId[];
  /** Left out of fresh cohorts since they spoilt an attempt. A set is asked for with them: it is that or no set. */
  readonly benched: ReadonlySet<MemberId>;
  /** They hold a survivor set of this model that the coordinator does not know of, as they have said. */
  readonly bound: ReadonlySet<MemberId>;
  /** They take no part in rounds from this model for now, however often it is moved. */
  readonly refusing: ReadonlySet<MemberId>;
  /** Whether a member that is not there can come back as the one it was. */
  readonly returns: (member: MemberId) => boolean;
  readonly pending: PendingRecord;
  /** How many attempts with a set have failed, by its name. */
  readonly failures: ReadonlyMap<string, number>;
  /** Whether sets have been waited for as long as the task waits. */
  readonly overdue: boolean;
}

/** What a task does next. */
export type Decision =
  | {
      readonly kind: 'seat';
      /** Sets that are asked for once more, each with exactly its members. */
      readonly again: readonly AnnouncedSet[];
      /** How many further cohorts are chosen, and from whom; 0 where there is none. */
      readonly fresh: { readonly cohorts: number; readonly from: readonly MemberId[] };
    }
  /**
   * `quorum`: more members must come; `set`: those that are missing of a set are waited for, or those who are there and
   * refuse a moved model, without whom too few are.
   */
  | { readonly kind: 'wait'; readonly for: 'quorum' | 'set'; readonly missing: readonly MemberId[] }
  /** No set can be asked for any more, and without them there are too few: the model is moved. */
  | { readonly kind: 'rebase'; readonly missing: readonly MemberId[] }
  /**
   * The same, and the model was moved as often as it may be, or too many members refuse a moved one: `refusing` are those
   * who are there, and without whom too few are.
   */
  | { readonly kind: 'stuck'; readonly missing: readonly MemberId[]; readonly refusing: readonly MemberId[] };

/**
 * Whom an attempt seats, where sets may have been announced from the model as it is. Members of a set take part with
 * exactly that set or not at all; everybody else is free. So a set of which all are there comes first, then a cohort of
 * members that are free; where neither can be had, the rest of a set is waited for, and at last the model is moved, after
 * which everybody is free.
 */
export function decideSeats(terms: SeatingTerms, view: SeatingView): Decision {
  const { idle, pending, benched, bound, refusing } = view;
  const there = new Set(idle.filter((member) => !refusing.has(member)));
  const missingOf = (set: AnnouncedSet): MemberId[] => seatsOf(set).filter((member) => !there.has(member));
  const fits = ({ length }: readonly MemberId[]): boolean => length >= terms.minCohort && length <= terms.maxCohort;
  const possible = pending.sets.filter((set) => !set.spent && fits(seatsOf(set)));
  const fails = (set: AnnouncedSet): number => view.failures.get(nameOf(set)) ?? 0;
  const byFailures = (a: AnnouncedSet, b: AnnouncedSet): number => fails(a) - fails(b);
  const hopeful = possible.filter((set) => fails(set) < terms.rebaseAttempts).sort(byFailures);
  const complete = (set: AnnouncedSet): boolean => missingOf(set).length === 0;

  const taken = new Set(pending.sets.flatMap((set) => set.members));
  const open = [...there].filter((member) => !bound.has(member) && !taken.has(member));
  const free = open.filter((member) => !benched.has(member));
  const enough = (all: number, chosen: number): boolean => all >= terms.quorum && chosen >= terms.fewest;
  const beside = !(terms.drawn && taken.size > 0);
  const seats = seatsFor(terms, hopeful.filter(complete), {
    free: beside ? free : [],
    fresh: beside && enough(open.length, free.length),
  });
  if (seats !== undefined) return seats;

  const missing = [...new Set(possible.flatMap(missingOf))].sort((a, b) => a - b);
  // A cohort from the moved model needs a quorum, too: before it is there nothing is gained.
  const unbenched = [...there].filter((member) => !benched.has(member));
  if (!enough(there.size, unbenched.length)) {
    const refusers = idle.filter((member) => refusing.has(member));
    const others = refusers.filter((member) => !benched.has(member));
    const quorate = enough(idle.length, unbenched.length + others.length);
    if (refusers.length === 0 || !quorate) return { kind: 'wait', for: 'quorum', missing };
    // Nobody need come, and another step helps as little: they may take one later, or never.
    return view.overdue ? { kind: 'stuck', missing, refusing: refusers } : { kind: 'wait', for: 'set', missing };
  }
  const comes = (member: MemberId): boolean => !refusing.has(member) && view.returns(member);
  const awaited = hopeful.some((set) => !complete(set) && missingOf(set).every(comes));
  if (awaited && !view.overdue) return { kind: 'wait', for: 'set', missing };
  if (pending.rebases < terms.maxRebases) return { kind: 'rebase', missing };
  const last = seatsFor(terms, possible.filter(complete).sort(byFailures), { free: [], fresh: false });
  if (last !== undefined) return last;
  // Others may come, or those who are missing all the same.
  return view.overdue ? { kind: 'stuck', missing, refusing: [] } : { kind: 'wait', for: 'set', missing };
}

/**
 * Seats for sets that are all there and for free members; undefined where they are too few for a round.
 * @param others - who is free, and whether they are enough for a round of their own
 */
function seatsFor(
  { groups }: SeatingTerms,
  complete: readonly AnnouncedSet[],
  others: { readonly free: readonly MemberId[]; readonly fresh: boolean },
): Extract<Decision, { kind: 'seat' }> | undefined {
  const again = complete.slice(0, groups?.count ?? 1);
  if (again.length === 0) {
    return others.fresh
      ? { kind: 'seat', again, fresh: { cohorts: groups?.count ?? 1, from: others.free } }
      : undefined;
  }
  const possible = groups === undefined ? 0 : Math.floor(others.free.length / groups.smallest);
  const cohorts = Math.min((groups?.count ?? 1) - again.length, possible);
  if (again.length + cohorts < (groups?.minSums ?? 1)) return undefined;
  return { kind: 'seat', again, fresh: { cohorts, from: cohorts === 0 ? [] : others.free } };
}
