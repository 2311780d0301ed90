import { describe, expect, it } from 'vitest';
import type { Drop } from '../../protocol/schemes/secagg/server/types.ts';
import { memberId } from '../../protocol/ids.ts';
import { aftermathOf, type SeatedEnd } from '../../coordinator/rounds/aftermath.ts';
import { isNothing, nothingPending, seatsOf, withAnnounced, withProofs } from '../../coordinator/rounds/pending.ts';
import { Reluctance } from '../../coordinator/rounds/reluctance.ts';
import type { AnnouncedSet, PendingRecord } from '../../coordinator/store/types.ts';
import { errorOf } from './support/errors.ts';

const HASH = 'ab'.repeat(32);

const setOf = (...members: number[]): AnnouncedSet => ({ members, proven: [], proofs: [], spent: false });

const pendingOf = (change: Partial<PendingRecord> = {}): PendingRecord => ({ ...nothingPending(HASH), ...change });

describe('sets that were announced', () => {
  it('are kept side by side, each once', () => {
    const none = nothingPending(HASH);
    expect(isNothing(none)).toBe(true);
    const one = withAnnounced(none, [1, 2, 3]);
    expect(one.sets).toEqual([setOf(1, 2, 3)]);
    expect(isNothing(one)).toBe(false);
    expect(withAnnounced(one, [1, 2, 3])).toBe(one);
    expect(withAnnounced(one, [4, 5]).sets).toEqual([setOf(1, 2, 3), setOf(4, 5)]);
    expect(isNothing(nothingPending(HASH, 1))).toBe(false);
  });

  it('have no member in common', () => {
    const error = errorOf(() => withAnnounced(pendingOf({ sets: [setOf(1, 2, 3)] }), [3, 4]));
    expect(error).toMatchObject({ code: 'internal', message: expect.stringContaining('members 3 ') as string });
    expect(errorOf(() => withAnnounced(pendingOf({ sets: [setOf(1, 2, 3)] }), [1, 2])).code).toBe('internal');
  });

  it('lose members proven to have lied, and keep the proofs', () => {
    const proven = withProofs(pendingOf({ sets: [setOf(1, 2, 3, 4), setOf(5, 6)] }), [4], ['0a']);
    expect(proven.sets).toEqual([{ ...setOf(1, 2, 3, 4), proven: [4], proofs: ['0a'] }, setOf(5, 6)]);
    expect(seatsOf(proven.sets[0]!)).toEqual([1, 2, 3]);
    expect(withAnnounced(proven, [1, 2, 3])).toBe(proven);
    // A proof about somebody else is of no use to them, and takes the place of one that is.
    const mixed = withProofs(pendingOf({ sets: [setOf(1, 2, 3, 4), setOf(5, 6)] }), [2, 6, 9], ['02', '06', '09']);
    expect(mixed.sets).toEqual([
      { ...setOf(1, 2, 3, 4), proven: [2], proofs: ['02'] },
      { ...setOf(5, 6), proven: [6], proofs: ['06'] },
    ]);
    const both = withProofs(withProofs(proven, [2], ['0b']), [4], ['0a']);
    expect(both.sets[0]).toMatchObject({ proven: [2, 4], proofs: ['0a', '0b'] });
  });
});

describe('a set with more proven liars than clients accept proofs for', () => {
  it('is spent, and not before', () => {
    const owners = [1, 2, 3, 4, 5, 6];
    const hex = owners.map((owner) => `0${owner}`);
    const six = withProofs(pendingOf({ sets: [setOf(...owners, 7, 8, 9, 10)] }), owners, hex);
    expect(six.sets[0]).toMatchObject({ proven: owners, proofs: hex, spent: false });
    expect(withProofs(six, [6], ['ff']).sets).toEqual(six.sets);
    const seven = withProofs(six, [7], ['07']);
    expect(seven.sets[0]).toMatchObject({ proven: [...owners, 7], proofs: hex, spent: true });
  });
});

const drop = (member: number, reason: string): Drop =>
  ({ member: memberId(member), state: 'share-keys', reason, effect: 'before-input' }) as Drop;

const endOf = (members: readonly number[], change: Partial<SeatedEnd> = {}): SeatedEnd => ({
  again: undefined,
  invited: members.map(memberId),
  error: { culprits: [] },
  drops: [],
  proofs: [],
  ...change,
});

describe('after an attempt without a new model', () => {
  const B = setOf(1, 2, 3);
  const ended = pendingOf({ sets: [B] });

  it('nothing changes if nothing was announced', () => {
    expect(aftermathOf(ended, [endOf([1, 2, 3])], false, 2)).toEqual({
      pending: ended,
      failed: [],
      summed: [],
      bound: [],
      refusing: [],
    });
  });

  it('a set that was asked for and gave no sum has failed; one that gave a sum has not', () => {
    const ends = [endOf([1, 2, 3], { again: B }), endOf([4, 5], { again: setOf(4, 5), error: undefined })];
    expect(aftermathOf(ended, ends, false, 2)).toMatchObject({ failed: ['1,2,3'], summed: ['4,5'] });
  });

  it('members retrain if their sum led to nothing, as often as they may, and then the set is spent', () => {
    let { pending } = { pending: pendingOf({ sets: [B, setOf(7, 8)] }) };
    for (const repeat of [1, 2]) {
      ({ pending } = aftermathOf(pending, [endOf([1, 2, 3], { error: undefined })], true, 2));
      expect(pending).toMatchObject({ repeat, sets: [B, setOf(7, 8)] });
    }
    ({ pending } = aftermathOf(pending, [endOf([1, 2, 3], { error: undefined })], true, 2));
    expect(pending).toMatchObject({ repeat: 2, sets: [{ ...B, spent: true }, setOf(7, 8)] });
  });

  it('proofs stay with the set of the members that they are about', () => {
    const proofs = [Uint8Array.of(0xab, 0xcd)];
    const { pending } = aftermathOf(ended, [endOf([1, 2, 3], { error: { culprits: [3] }, proofs })], false, 2);
    expect(pending.sets).toEqual([{ ...B, proven: [3], proofs: ['abcd'] }]);
  });

  it('a culprit without a proof stays in its set', () => {
    const { pending } = aftermathOf(ended, [endOf([1, 2, 3], { error: { culprits: [3] } })], false, 2);
    expect(pending).toEqual(ended);
  });

  describe('in which an input would have been different', () => {
    it('of a set, all retrain', () => {
      const ends = [endOf([1, 2, 3], { again: B, drops: [drop(2, 'input-changed')] })];
      expect(aftermathOf(ended, ends, false, 2)).toMatchObject({ pending: { repeat: 1 }, bound: [] });
    });

    it('all retrain, too, if there is no set yet', () => {
      const ends = [endOf([1, 2, 3], { drops: [drop(2, 'input-changed')] })];
      expect(aftermathOf(pendingOf(), ends, false, 2)).toMatchObject({ pending: { repeat: 1 }, bound: [] });
    });

    it('of none of the sets, the member is left out', () => {
      const ends = [endOf([7, 8, 9], { drops: [drop(8, 'input-changed')] })];
      expect(aftermathOf(ended, ends, false, 2)).toMatchObject({ pending: { repeat: 0 }, bound: [8] });
    });

    it('more often than members may, its set is spent and it is left out', () => {
      const ends = [endOf([1, 2, 3], { again: B, drops: [drop(2, 'input-changed')] })];
      const aftermath = aftermathOf(pendingOf({ repeat: 2, sets: [B, setOf(7, 8)] }), ends, false, 2);
      expect(aftermath.pending.sets).toEqual([{ ...B, spent: true }, setOf(7, 8)]);
      expect(aftermath.bound).toEqual([2]);
    });
  });

  it.each(['cohort-too-similar', 'repeat-refused'])(
    'a member that left a fresh cohort for %s is bound elsewhere',
    (reason) => {
      const ends = [endOf([7, 8, 9], { drops: [drop(8, reason)] })];
      expect(aftermathOf(ended, ends, false, 2)).toMatchObject({ bound: [8], pending: ended });
    },
  );

  it('a set whose member may not retrain is spent', () => {
    const ends = [endOf([1, 2, 3], { again: B, drops: [drop(1, 'repeat-refused')] })];
    expect(aftermathOf(ended, ends, false, 2)).toMatchObject({ bound: [], pending: { sets: [{ ...B, spent: true }] } });
  });

  it('a set that a member denies has failed once', () => {
    const ends = [endOf([1, 2, 3], { again: B, drops: [drop(1, 'cohort-too-similar')] })];
    expect(aftermathOf(ended, ends, false, 2)).toMatchObject({ bound: [], failed: ['1,2,3'], pending: ended });
  });

  it('a member that refuses moved models is remembered until a round commits', () => {
    const ends = [endOf([1, 2, 3], { again: B, drops: [drop(1, 'rebase-refused')] })];
    const aftermath = aftermathOf(ended, ends, false, 2);
    expect(aftermath.refusing).toEqual([1]);
    const reluctance = new Reluctance(() => 0);
    reluctance.learn({ ...aftermath, bound: [memberId(9)] });
    reluctance.learn({ ...aftermath, bound: [] });
    expect([...reluctance.failures]).toEqual([['1,2,3', 2]]);
    expect([[...reluctance.bound], [...reluctance.refusing]]).toEqual([[9], [1]]);
    reluctance.rebased();
    expect([reluctance.failures.size, reluctance.bound.size, reluctance.refusing.size]).toEqual([0, 0, 1]);
    reluctance.committed();
    expect(reluctance.refusing.size).toBe(0);
  });

  it('a member that refused a moved model is asked again after an hour: its client may accept one by then', () => {
    const hour = 3_600_000;
    let now = 0;
    const reluctance = new Reluctance(() => now);
    const learnt = { failed: [], summed: [], bound: [] };
    expect(reluctance.nextReturn).toBeUndefined();
    reluctance.learn({ ...learnt, refusing: [memberId(1)] });
    now = hour / 2;
    reluctance.learn({ ...learnt, refusing: [memberId(2)] });
    expect([[...reluctance.refusing], reluctance.nextReturn]).toEqual([[1, 2], hour / 2]);
    now = hour;
    expect([[...reluctance.refusing], reluctance.nextReturn]).toEqual([[2], hour / 2]);
    now = hour * 1.5;
    expect([reluctance.refusing.size, reluctance.nextReturn]).toEqual([0, undefined]);
  });

  it('failures of a set are counted in a row: a sum of it resets the count', () => {
    const reluctance = new Reluctance(() => 0);
    const learn = (error: SeatedEnd['error']): void =>
      reluctance.learn(aftermathOf(ended, [endOf([1, 2, 3], { again: B, error })], false, 2));
    learn({ culprits: [] });
    learn({ culprits: [] });
    learn(undefined);
    expect([...reluctance.failures]).toEqual([]);
    learn({ culprits: [] });
    expect([...reluctance.failures]).toEqual([['1,2,3', 1]]);
  });
});
