import type { CairnError, ErrorCode } from '../../protocol/errors.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import type { Drop } from '../../protocol/rounds/index.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import type { AnnouncedSet, PendingRecord } from '../store/types.ts';
import { nameOf, trainedAnew, withProofs } from './pending.ts';
import type { RoundEnd } from './session-driver.ts';

/** Refusals that say which members cannot be seated together again; {@link aftermathOf} says what follows from each. */
const OF_SEATING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'cohort-too-similar',
  'input-changed',
  'rebase-refused',
  'repeat-refused',
]);

/**
 * Members that refused a round before its roster was closed, for a reason with no further consequences: their words
 * decide nothing. The consequences of the reasons named above are in the aftermath.
 */
export function plainRefusals({ refused, drops }: Pick<RoundEnd, 'refused' | 'drops'>): readonly MemberId[] {
  const others = new Set(drops.filter(({ reason }) => OF_SEATING.has(reason)).map(({ member }) => member));
  return refused.filter((member) => !others.has(member));
}

/** How one cohort ended, of an attempt that led to no new model. */
export interface SeatedEnd {
  /** The set that it was invited as again; undefined for a fresh cohort. */
  readonly again: AnnouncedSet | undefined;
  readonly invited: readonly MemberId[];
  /** Why it has no sum; undefined if it has one. */
  readonly error: Pick<CairnError, 'culprits'> | undefined;
  readonly drops: readonly Drop[];
  /** Proofs against the members that the error names, in the same order, in the form that other members will get. */
  readonly proofs: readonly Uint8Array[];
}

/** What an attempt that led to no new model leaves for the next. */
export interface Aftermath {
  readonly pending: PendingRecord;
  /** Names of sets that were seated again without success. */
  readonly failed: readonly string[];
  /** Names of sets that were seated again and gave a sum: earlier failures were not their members' fault. */
  readonly summed: readonly string[];
  /** Members that hold a set of this model other than the one they were seated for. */
  readonly bound: readonly MemberId[];
  /** Members that will not take part in any round from this model, however often it is moved. */
  readonly refusing: readonly MemberId[];
}

/**
 * The consequences of an attempt that led to no new model.
 * @param pending - with all sets that it announced
 * @param rolledBack - whether there were sums, and the same inputs would fail again
 * @param maxRepeats - how often the task has members train again from one model
 */
export function aftermathOf(
  pending: PendingRecord,
  ends: readonly SeatedEnd[],
  rolledBack: boolean,
  maxRepeats: number,
): Aftermath {
  let next = pending;
  const bound = new Set<MemberId>();
  const refusing = new Set<MemberId>();
  for (const { error, proofs } of ends) {
    if (error !== undefined && proofs.length > 0) next = withProofs(next, error.culprits, proofs.map(toHex));
  }
  const inSets = new Set(next.sets.flatMap((set) => set.members));
  const changed = new Set<MemberId>();
  const turnedDown = new Set<string>();
  for (const { again, drops } of ends) {
    for (const { member, reason } of drops) {
      if (reason === 'rebase-refused') refusing.add(member);
      else if (reason === 'input-changed') changed.add(member);
      else if (reason === 'cohort-too-similar' || reason === 'repeat-refused') {
        if (again === undefined) bound.add(member);
        else if (reason === 'repeat-refused') turnedDown.add(nameOf(again));
      }
    }
  }
  const seated = new Set(ends.flatMap(({ invited }) => invited));
  const concerns = (set: AnnouncedSet): boolean =>
    set.members.some((member) => (rolledBack ? seated : changed).has(memberId(member)));
  // A member whose input would be different now is asked to train again with the others if no sum can be obtained
  // without it; otherwise it is left out.
  const needed = [...changed].some((member) => inSets.has(member)) || next.sets.length === 0;
  const anew = rolledBack || (changed.size > 0 && needed);
  const spent = next.repeat >= maxRepeats;
  if (anew) next = trainedAnew(next, maxRepeats, concerns);
  if (!anew || spent) for (const member of changed) bound.add(member);
  const sets = next.sets.map((set) => (turnedDown.has(nameOf(set)) ? { ...set, spent: true } : set));
  const asked = (gaveSum: boolean): string[] =>
    ends.flatMap(({ again, error }) =>
      again === undefined || (error === undefined) !== gaveSum ? [] : [nameOf(again)],
    );
  return {
    pending: { ...next, sets },
    failed: asked(false),
    summed: asked(true),
    bound: [...bound],
    refusing: [...refusing],
  };
}
