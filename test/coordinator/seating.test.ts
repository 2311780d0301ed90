import { describe, expect, it } from 'vitest';
import { memberId } from '../../protocol/ids.ts';
import { nameOf } from '../../coordinator/rounds/pending.ts';
import { decideSeats, type Decision, type SeatingTerms, type SeatingView } from '../../coordinator/rounds/seating.ts';
import type { AnnouncedSet, PendingRecord } from '../../coordinator/store/types.ts';

const TERMS: SeatingTerms = {
  quorum: 4,
  fewest: 3,
  minCohort: 3,
  maxCohort: 6,
  groups: undefined,
  drawn: false,
  rebaseAttempts: 3,
  maxRebases: 2,
};

const ids = (...numbers: number[]) => numbers.map(memberId);
const from = (first: number, last: number) => ids(...Array.from({ length: last - first + 1 }, (_, i) => first + i));

const setOf = (members: readonly number[], change: Partial<AnnouncedSet> = {}): AnnouncedSet => ({
  members,
  proven: [],
  proofs: [],
  spent: false,
  ...change,
});

const B = setOf([1, 2, 3, 4]);

interface Case {
  readonly idle: readonly number[];
  readonly sets?: readonly AnnouncedSet[];
  readonly rebases?: number;
  readonly benched?: readonly number[];
  readonly bound?: readonly number[];
  readonly refusing?: readonly number[];
  /** Members that never come back. */
  readonly gone?: readonly number[];
  readonly failures?: readonly (readonly [AnnouncedSet, number])[];
  readonly overdue?: boolean;
  readonly terms?: Partial<SeatingTerms>;
}

function decide(given: Case): Decision {
  const { idle, sets = [], rebases = 0, benched = [], bound = [], refusing = [], gone = [], failures = [] } = given;
  const pending: PendingRecord = { modelHash: 'ab'.repeat(32), repeat: 0, rebases, sets };
  const view: SeatingView = {
    idle: ids(...idle),
    benched: new Set(ids(...benched)),
    bound: new Set(ids(...bound)),
    refusing: new Set(ids(...refusing)),
    returns: (member) => !gone.includes(member),
    pending,
    failures: new Map(failures.map(([set, count]) => [nameOf(set), count])),
    overdue: given.overdue ?? false,
  };
  return decideSeats({ ...TERMS, ...given.terms }, view);
}

const again = (...sets: AnnouncedSet[]): Decision => ({ kind: 'seat', again: sets, fresh: { cohorts: 0, from: [] } });
const fresh = (...numbers: number[]): Decision => ({
  kind: 'seat',
  again: [],
  fresh: { cohorts: 1, from: ids(...numbers) },
});
const wait = (what: 'quorum' | 'set', ...missing: number[]): Decision => ({
  kind: 'wait',
  for: what,
  missing: ids(...missing),
});
const rebase = (...missing: number[]): Decision => ({ kind: 'rebase', missing: ids(...missing) });
const stuck = (...missing: number[]): Decision => ({ kind: 'stuck', missing: ids(...missing), refusing: [] });
const refused = (refusing: readonly number[], ...missing: number[]): Decision => ({
  kind: 'stuck',
  missing: ids(...missing),
  refusing: ids(...refusing),
});

describe('without a set that was announced', () => {
  it.each<[string, Case, Decision]>([
    ['a quorum is chosen from', { idle: [1, 2, 3, 4, 5] }, fresh(1, 2, 3, 4, 5)],
    ['fewer wait for a quorum', { idle: [1, 2, 3] }, wait('quorum')],
    ['nobody waits for a quorum, too', { idle: [] }, wait('quorum')],
    ['who is benched is not chosen', { idle: [1, 2, 3, 4, 5], benched: [2] }, fresh(1, 3, 4, 5)],
    ['who is benched counts for the quorum', { idle: [1, 2, 3, 4], benched: [2] }, fresh(1, 3, 4)],
    ['but not for the fewest that a sum needs', { idle: [1, 2, 3, 4], benched: [2, 3] }, wait('quorum')],
    ['who is bound elsewhere is not chosen', { idle: [1, 2, 3, 4, 5], bound: [5] }, fresh(1, 2, 3, 4)],
    ['who refuses the model is not chosen', { idle: [1, 2, 3, 4, 5], refusing: [1] }, fresh(2, 3, 4, 5)],
    ['too many who are bound elsewhere need another model', { idle: [1, 2, 3, 4], bound: [1] }, rebase()],
    ['and no step helps where too many refuse', { idle: [1, 2, 3, 4], refusing: [1] }, wait('set')],
    [
      'who may think better of it, but not for ever',
      { idle: [1, 2, 3, 4], refusing: [1], overdue: true },
      refused([1]),
    ],
    ['though one is benched', { idle: from(1, 5), refusing: [1, 2], benched: [3], overdue: true }, refused([1, 2])],
    ['unless they would not do, too', { idle: [1, 2, 3], refusing: [1], overdue: true }, wait('quorum')],
    [
      'or the benched alone are why',
      { idle: [1, 2, 3, 4], refusing: [1], benched: [2, 3], overdue: true },
      wait('quorum'),
    ],
    ['others are waited for where none is left', { idle: [1, 2, 3, 4], bound: [1], rebases: 2 }, wait('set')],
    ['but not for ever', { idle: [1, 2, 3, 4], bound: [1], rebases: 2, overdue: true }, stuck()],
  ])('%s', (_, given, expected) => {
    expect(decide(given)).toEqual(expected);
  });
});

describe('after a set was announced', () => {
  it.each<[string, Case, Decision]>([
    ['it is asked for again where all are there', { idle: [1, 2, 3, 4], sets: [B] }, again(B)],
    ['no others are added to it', { idle: from(1, 9), sets: [B] }, again(B)],
    ['a quorum is not needed for it', { idle: [1, 2, 3, 4], sets: [B], terms: { quorum: 6 } }, again(B)],
    ['those of it who are benched are seated, too', { idle: [1, 2, 3, 4], sets: [B], benched: [2] }, again(B)],
    ['others are chosen from where one is missing', { idle: [1, 2, 3, 5, 6, 7, 8], sets: [B] }, fresh(5, 6, 7, 8)],
    ['they are not where there are too few', { idle: [1, 2, 3, 5, 6, 7], sets: [B] }, wait('set', 4)],
    ['nor where one of them is bound', { idle: [1, 2, 3, 5, 6, 7, 8], sets: [B], bound: [8] }, wait('set', 4)],
    ['without those who are benched', { idle: [1, 2, 3, 5, 6, 7, 8], sets: [B], benched: [8] }, fresh(5, 6, 7)],
    ['nor where too many are benched', { idle: [1, 2, 3, 5, 6, 7, 8], sets: [B], benched: [7, 8] }, wait('set', 4)],
    ['without a quorum nothing is gained by a step', { idle: [1, 2, 3], sets: [B], overdue: true }, wait('quorum', 4)],
    ['a quorum that waited too long moves the model', { idle: [1, 2, 3, 5], sets: [B], overdue: true }, rebase(4)],
    ['as often as it may', { idle: [1, 2, 3, 5], sets: [B], overdue: true, rebases: 2 }, stuck(4)],
    ['it does not wait for who is gone', { idle: [1, 2, 3, 5], sets: [B], gone: [4] }, rebase(4)],
    ['nor for who refuses the model', { idle: [1, 2, 3, 4, 5], sets: [B], refusing: [4] }, rebase(4)],
    [
      'it ends where who is left is too few',
      { idle: [1, 2, 3, 4], sets: [B], refusing: [4], overdue: true },
      refused([4], 4),
    ],
    [
      'a set that is spent is not asked for',
      { idle: from(1, 9), sets: [setOf([1, 2, 3, 4], { spent: true })] },
      fresh(5, 6, 7, 8, 9),
    ],
    ['nor waited for', { idle: [1, 2, 3, 4], sets: [setOf([1, 2, 3, 4], { spent: true })] }, rebase()],
    [
      'nor asked for when no step is left',
      { idle: [1, 2, 3, 4], sets: [setOf([1, 2, 3, 4], { spent: true })], rebases: 2, overdue: true },
      stuck(),
    ],
    [
      'one that failed less often than it may is asked for',
      { idle: [1, 2, 3, 4], sets: [B], failures: [[B, 2]] },
      again(B),
    ],
    ['one that failed too often is not', { idle: [1, 2, 3, 4], sets: [B], failures: [[B, 3]] }, rebase()],
    ['unless no step is left', { idle: [1, 2, 3, 4], sets: [B], failures: [[B, 3]], rebases: 2 }, again(B)],
    [
      'others come before one that failed too often',
      { idle: from(1, 8), sets: [B], failures: [[B, 3]] },
      fresh(5, 6, 7, 8),
    ],
    [
      'where no step may be made, others are waited for as long as the rest of a set',
      { idle: [1, 2, 3, 5], sets: [B], gone: [4], terms: { maxRebases: 0 } },
      wait('set', 4),
    ],
    [
      'a set that is too great for a sum now is not asked for',
      { idle: [1, 2, 3, 4], sets: [B], terms: { maxCohort: 3 } },
      rebase(),
    ],
  ])('%s', (_, given, expected) => {
    expect(decide(given)).toEqual(expected);
  });

  const C = setOf([5, 6, 7, 8]);
  it.each<[string, Case, Decision]>([
    ['any of which all are there', { idle: [1, 2, 3, 5, 6, 7, 8], sets: [B, C] }, again(C)],
    ['the first of two', { idle: from(1, 8), sets: [B, C] }, again(B)],
    ['the one that failed less often', { idle: from(1, 8), sets: [B, C], failures: [[B, 1]] }, again(C)],
    ['either is waited for', { idle: [1, 2, 5, 6], sets: [B, C] }, wait('set', 3, 4, 7, 8)],
    [
      'the one that can still be had is waited for',
      { idle: [1, 2, 5, 6], sets: [B, C], gone: [3] },
      wait('set', 3, 4, 7, 8),
    ],
    [
      'none is where both have lost one for good',
      { idle: [1, 2, 5, 6], sets: [B, C], gone: [3, 7] },
      rebase(3, 4, 7, 8),
    ],
  ])('of two sets %s', (_, given, expected) => {
    expect(decide(given)).toEqual(expected);
  });

  const four = setOf([1, 2, 3, 4], { proven: [4], proofs: ['00'] });
  it.each<[string, Case, Decision]>([
    ['is seated without it', { idle: [1, 2, 3, 4], sets: [four] }, again(four)],
    ['needs it no more', { idle: [1, 2, 3], sets: [four], gone: [4] }, again(four)],
    ['does not make it free', { idle: [1, 2, 4, 5, 6, 7], sets: [four] }, wait('set', 3)],
    ['is not seated where too few are left', { idle: [1, 2, 3, 4], sets: [{ ...four, proven: [3, 4] }] }, rebase()],
  ])('a set with a member that is proven to have lied %s', (_, given, expected) => {
    expect(decide(given)).toEqual(expected);
  });
});

describe('a cohort that is split into groups', () => {
  const groups = { count: 4, minSums: 3, smallest: 3 };
  const terms = { groups, quorum: 12, fewest: 12, maxCohort: 4 };
  const [P, Q, R, S] = [setOf([1, 2, 3]), setOf([4, 5, 6]), setOf([7, 8, 9]), setOf([10, 11, 12])];
  const split = (sets: readonly AnnouncedSet[], cohorts: number, free: readonly number[]): Decision => ({
    kind: 'seat',
    again: sets,
    fresh: { cohorts, from: ids(...free) },
  });
  it.each<[string, Case, Decision]>([
    ['is chosen anew from a quorum', { idle: from(1, 12) }, split([], 4, from(1, 12))],
    ['waits for a quorum', { idle: from(1, 11) }, wait('quorum')],
    [
      'asks for each set that is there, and chooses the others',
      { idle: from(1, 12), sets: [P, Q] },
      split([P, Q], 2, from(7, 12)),
    ],
    ['asks for all of them', { idle: from(1, 12), sets: [P, Q, R, S] }, split([P, Q, R, S], 0, [])],
    [
      'asks for no more than there are groups',
      { idle: from(1, 15), sets: [P, Q, R, S, setOf([13, 14, 15])] },
      split([P, Q, R, S], 0, []),
    ],
    ['makes do with as many as a round needs', { idle: from(1, 9), sets: [P, Q] }, split([P, Q], 1, from(7, 9))],
    ['waits where there are fewer', { idle: from(1, 8), sets: [P, Q] }, wait('quorum')],
    [
      'waits for the rest of sets',
      { idle: [...from(1, 8), ...from(10, 11), ...from(13, 14)], sets: [P, Q, R, S] },
      wait('set', 9, 12),
    ],
    [
      'moves the model where it waited too long',
      { idle: [...from(1, 8), ...from(10, 11), ...from(13, 14)], sets: [P, Q, R, S], overdue: true },
      rebase(9, 12),
    ],
    ['leaves out a set that lost one', { idle: [1, 2, ...from(4, 12)], sets: [P, Q, R, S] }, split([Q, R, S], 0, [])],
    [
      'does not seat members of a set that lost one elsewhere',
      { idle: [1, 2, ...from(4, 15)], sets: [P, Q] },
      split([Q], 3, from(7, 15)),
    ],
    [
      'chooses a whole cohort anew only from a quorum',
      { idle: [1, 2, ...from(4, 15)], sets: [P] },
      split([], 4, from(4, 15)),
    ],
    ['does not begin with half of one', { idle: [1, 2, ...from(4, 14)], sets: [P] }, wait('set', 3)],
  ])('%s', (_, given, expected) => {
    expect(decide({ ...given, terms })).toEqual(expected);
  });
});

describe('a cohort that is drawn at random', () => {
  const terms = { drawn: true };
  it.each<[string, Case, Decision]>([
    ['is drawn from all who are there', { idle: from(1, 9) }, fresh(...from(1, 9))],
    ['is asked for again once its set was announced', { idle: from(1, 9), sets: [B] }, again(B)],
    ['is not drawn beside a set', { idle: from(2, 9), sets: [B] }, wait('set', 1)],
    ['is drawn from the model that was moved', { idle: from(2, 9), sets: [B], overdue: true }, rebase(1)],
  ])('%s', (_, given, expected) => {
    expect(decide({ ...given, terms })).toEqual(expected);
  });
});

describe('over all possible members present', () => {
  const sets = [setOf([1, 2, 3]), setOf([4, 5, 6], { proven: [6] })];
  const subsets = Array.from({ length: 2 ** 8 }, (_, bits) =>
    from(1, 8).filter((_member, i) => ((bits >> i) & 1) === 1),
  );
  const terms = { quorum: 3, fewest: 2, minCohort: 2 };

  it('no member of a set is ever seated except with that set', () => {
    for (const idle of subsets) {
      for (const overdue of [false, true]) {
        const decision = decide({ idle, sets, overdue, terms });
        if (decision.kind !== 'seat') continue;
        expect(decision.fresh.from.every((member) => member > 6)).toBe(true);
        for (const set of decision.again) expect(sets).toContain(set);
      }
    }
  });

  it('it waits only if it must: with a set or a quorum of free members there is a round', () => {
    for (const idle of subsets) {
      const there = (...members: number[]): boolean => members.every((member) => idle.includes(memberId(member)));
      const seated = decide({ idle, sets, terms }).kind === 'seat';
      expect(seated).toBe(there(1, 2, 3) || there(4, 5));
      const overdue = decide({ idle, sets, overdue: true, terms }).kind;
      expect(overdue).toBe(seated ? 'seat' : idle.length >= 3 ? 'rebase' : 'wait');
    }
  });
});
