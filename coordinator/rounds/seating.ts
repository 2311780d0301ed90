import type { MemberId } from '../../protocol/ids.ts';
import type { AnnouncedSet, PendingRecord } from '../store/types.ts';
import { nameOf, seatsOf } from './pending.ts';

/** What a task's configuration says about seating. */
export interface SeatingTerms {
  /** Members that must be present for a fresh cohort, including those that are left out of it. */
  readonly quorum: number;
  /** Minimum size of the cohort without them. */
  readonly fewest: number;
  /** Minimum and maximum number of inputs in a sum. */
  readonly minCohort: number;
  readonly maxCohort: number;
  /** Number of groups that a cohort is split into, of sums a round needs, and minimum size of a group at its start. */
  readonly groups: { readonly count: number; readonly minSums: number; readonly smallest: number } | undefined;
  /** Cohorts are drawn at random from all members present: then none is drawn alongside a set. */
  readonly drawn: boolean;
  /** How many attempts with the same set may fail before it is given up. */
  readonly rebaseAttempts: number;
  /** How often the model may be moved before a round commits. */
  readonly maxRebases: number;
}

/** The members present, and reasons against seating them. */
export interface SeatingView {
  /** Members that are connected and in no round, ascending. */
  readonly idle: readonly MemberId[];
  /**
   * Left out of fresh cohorts since they spoilt an attempt. A set is asked for with them: the alternative is no set.
   */
  readonly benched: ReadonlySet<MemberId>;
  /** They hold a survivor set of this model that the coordinator does not know, by their own account. */
  readonly bound: ReadonlySet<MemberId>;
  /** They do not take part in rounds from this model for now, however often it is moved. */
  readonly refusing: ReadonlySet<MemberId>;
  /** Whether a member that is absent can come back as the same member. */
  readonly returns: (member: MemberId) => boolean;
  readonly pending: PendingRecord;
  /** How many attempts with a set have failed, by its name. */
  readonly failures: ReadonlyMap<string, number>;
  /** Whether the task has waited for sets as long as it is configured to. */
  readonly overdue: boolean;
}

/** What a task does next. */
export type Decision =
  | {
      readonly kind: 'seat';
      /** Sets that are asked for again, each with exactly its members. */
      readonly again: readonly AnnouncedSet[];
      /** How many further cohorts are chosen, and from which members; 0 if there are none. */
      readonly fresh: { readonly cohorts: number; readonly from: readonly MemberId[] };
    }
  /**
   * `quorum`: more members must come; `set`: the task waits for members missing from a set, or for members that are
   * present but refuse a moved model, without which there are too few.
   */
  | { readonly kind: 'wait'; readonly for: 'quorum' | 'set'; readonly missing: readonly MemberId[] }
  /** No set can be asked for any more, and without sets there are too few members: the model is moved. */
  | { readonly kind: 'rebase'; readonly missing: readonly MemberId[] }
  /**
   * The same, but the model was moved as often as it may be, or too many members refuse a moved one: `refusing` are
   * members that are present, and without which there are too few.
   */
  | { readonly kind: 'stuck'; readonly missing: readonly MemberId[]; readonly refusing: readonly MemberId[] };

/**
 * Which members an attempt seats, given that sets may have been announced from the current model. Members of a set take
 * part with exactly that set or not at all; all others are free. So a set whose members are all present comes first,
 * then a cohort of free members; if neither is possible, the task waits for the rest of a set, and finally moves the
 * model, after which all members are free.
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
  // A cohort from the moved model needs a quorum, too: until there is one, nothing is gained.
  const unbenched = [...there].filter((member) => !benched.has(member));
  if (!enough(there.size, unbenched.length)) {
    const refusers = idle.filter((member) => refusing.has(member));
    const others = refusers.filter((member) => !benched.has(member));
    const quorate = enough(idle.length, unbenched.length + others.length);
    if (refusers.length === 0 || !quorate) return { kind: 'wait', for: 'quorum', missing };
    // No more members need come, and another step would not help either: those present may accept one later, or never.
    return view.overdue ? { kind: 'stuck', missing, refusing: refusers } : { kind: 'wait', for: 'set', missing };
  }
  const comes = (member: MemberId): boolean => !refusing.has(member) && view.returns(member);
  const awaited = hopeful.some((set) => !complete(set) && missingOf(set).every(comes));
  if (awaited && !view.overdue) return { kind: 'wait', for: 'set', missing };
  if (pending.rebases < terms.maxRebases) return { kind: 'rebase', missing };
  const last = seatsFor(terms, possible.filter(complete).sort(byFailures), { free: [], fresh: false });
  if (last !== undefined) return last;
  // Other members may come, or the missing ones after all.
  return view.overdue ? { kind: 'stuck', missing, refusing: [] } : { kind: 'wait', for: 'set', missing };
}

/**
 * Seats for complete sets and for free members; undefined if they are too few for a round.
 * @param others - the free members, and whether they are enough for a separate round
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
