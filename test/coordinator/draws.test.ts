import { describe, expect, it } from 'vitest';
import { createLog, parseConfig } from '../../coordinator/index.ts';
import { MemberRegistry } from '../../coordinator/members.ts';
import { nothingPending, withAnnounced } from '../../coordinator/rounds/pending.ts';
import { Selection } from '../../coordinator/rounds/selection.ts';
import { TaskPrivacy } from '../../coordinator/rounds/task-privacy.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { memberId } from '../../protocol/ids.ts';
import { seatsOf } from './support/quarrel-game.ts';

interface Drawing {
  readonly selection: Selection;
  readonly announce: (members: readonly number[]) => void;
  readonly attempt: (number: number) => readonly number[];
  paid: number;
}

/** A task that draws ninety in a hundred of forty members, unless it is said otherwise, and its selection. */
function drawing({ members = 40, quorum = 40, sampling = 0.9 } = {}): Drawing {
  const expected = members * sampling;
  const privacy = { epsilon: 50, delta: 0.01, noiseMultiplier: 1, placement: 'central', sampling, expected };
  const task = parseConfig({
    tasks: [
      {
        ...{ name: 'toy', model: { tensors: { w: [10] }, seed: 1 }, rounds: 10, cohort: members, quorum },
        ...{ minCohort: 20, adversary: 'curious', unsafeOpenEnrolment: true, overSelect: 0, clip: 1, privacy },
      },
    ],
  }).tasks[0]!;
  const host = {
    ...{ seats: seatsOf(members), random: systemRandom, log: createLog('silent') },
    members: new MemberRegistry(undefined, ['toy'], () => 0),
  };
  const model = { privacy: TaskPrivacy.of(task, 10), pending: nothingPending('00'.repeat(32)) };
  const selection = new Selection({ task, host, model });
  const drawn = {
    selection,
    announce: (members: readonly number[]) => void (model.pending = withAnnounced(model.pending, members)),
    paid: 0,
    attempt: (number: number): readonly number[] => {
      if (selection.needsDraw) {
        drawn.paid++;
        selection.drawPaid();
      }
      const invited = selection.choose(number)!.flatMap((cohort) => cohort.invited);
      selection.judge(invited, [], { task: 'toy', round: 1, attempt: number, drops: [] });
      return [...invited].sort((a, b) => a - b);
    },
  };
  return drawn;
}

describe('a draw of members', () => {
  it('is charged once, however many attempts fail before its sum is opened', () => {
    const drawn = drawing();
    const first = drawn.attempt(1);
    for (let number = 2; number <= 20; number++) expect(drawn.attempt(number)).toEqual(first);
    expect(drawn.paid).toBe(1);
    drawn.selection.committed();
    drawn.attempt(1);
    expect(drawn.paid).toBe(2);
  });

  it('is over when its sum was opened, and four in a row without a new model are the last', () => {
    const drawn = drawing();
    for (let number = 1; number <= 4; number++) {
      drawn.attempt(number);
      drawn.selection.opened();
      expect(drawn.paid).toBe(number);
    }
    expect(() => drawn.attempt(5)).toThrow(expect.objectContaining({ code: 'draws-in-vain' }));
    expect(drawn.paid).toBe(4);
  });

  it('whose set was announced is asked for as that set, and charged again only if its sum was opened', () => {
    const drawn = drawing();
    const survivors = drawn.attempt(1).slice(0, 25);
    drawn.announce(survivors);
    for (let number = 2; number <= 9; number++) expect(drawn.attempt(number)).toEqual(survivors);
    expect(drawn.paid).toBe(1);
    drawn.selection.opened();
    for (let number = 10; number <= 19; number++) expect(drawn.attempt(number)).toEqual(survivors);
    expect(drawn.paid).toBe(2);
  });

  it.each(['bound', 'refusing'] as const)(
    'of which too few can be seated, since they are %s, is dropped, and another one paid for',
    (why) => {
      const drawn = drawing({ members: 200, quorum: 90, sampling: 0.5 });
      const first = drawn.attempt(1).map(memberId);
      // They stay where they are: only what they said keeps them from being seated.
      const learnt = { ...{ failed: [], summed: [], bound: [], refusing: [] }, [why]: first.slice(19) };
      drawn.selection.learn({ pending: nothingPending('00'.repeat(32)), ...learnt });
      const second = drawn.attempt(2);
      expect(drawn.paid).toBe(2);
      expect(second.length).toBeGreaterThanOrEqual(20);
      expect(second.filter((member) => first.slice(19).includes(memberId(member)))).toEqual([]);
    },
  );
});
