import { describe, expect, it } from 'vitest';
import { overdueLine, stateLine, waitingLine, withoutThem } from '../../cli/coordinator/waiting-line.ts';
import type { WaitingEvent } from '../../coordinator/index.ts';
import { memberId } from '../../protocol/ids.ts';

const NAMES = ['', 'anna', 'ben', 'cleo', 'dora', 'ede', 'fay', 'gil', 'hal'];
const label = (member: number): string => NAMES[member]!;
const ids = (...members: number[]) => members.map(memberId);

const event = (change: Partial<WaitingEvent> = {}): WaitingEvent => ({
  ...{ task: 'risk', round: 4, for: 'quorum', present: ids(1, 2), leftOut: 0, needed: 3, fewest: 2 },
  ...{ missing: ids(3), gone: [], timeouts: 0, quorumTimeout: 60 },
  ...change,
});
const waits = { minCohort: 2, afterQuorumTimeout: 'wait' } as const;

describe('who is there and what is awaited', () => {
  it.each<[string, Partial<WaitingEvent>, string]>([
    ['one of three is missing', {}, 'risk, round 4: 2 of 3 seated (anna, ben), waiting for 1 more: cleo'],
    ['nobody is there', { present: [], missing: [] }, 'risk, round 4: 0 of 3 seated, waiting for 3 more'],
    [
      'one of several would do',
      { missing: ids(3, 4) },
      'risk, round 4: 2 of 3 seated (anna, ben), waiting for 1 more: of cleo, dora',
    ],
    [
      'they are many',
      { present: ids(1, 2, 3, 4, 5, 6, 7, 8), needed: 9, missing: [] },
      'risk, round 4: 8 of 9 seated (anna, ben, cleo, dora, ede, fay and 2 more), waiting for 1 more',
    ],
    [
      'the quorum is there, but some are left out',
      { present: ids(1, 2, 3), leftOut: 2, missing: [] },
      'risk, round 4: 3 of 3 seated (anna, ben, cleo), 2 of them excluded for now, waiting for 1 more',
    ],
    [
      'a set is not whole',
      { for: 'set', missing: ids(1) },
      'risk, round 4: waiting for members of an earlier attempt: anna',
    ],
    [
      'a draw cannot be made',
      { for: 'draw' },
      'risk, round 4: 2 seated, from which a random draw would have too few or too many; waiting for members to come or go',
    ],
  ])('where %s', (_, change, line) => {
    expect(waitingLine(event(change), label)).toBe(line);
  });
});

describe('a quorum that the task could do without', () => {
  it('is named with what to change, once a member has left', () => {
    expect(withoutThem(event({ gone: ids(3) }), label)).toBe(
      'risk: cleo left and may not come back; the 2 present are enough for a sum, but the task waits for its quorum of 3. ' +
        'To continue without them, restart with quorum 2, or with quorumTimeout (seconds) and afterQuorumTimeout "run"',
    );
  });

  it.each<[string, Partial<WaitingEvent>]>([
    ['nobody has left', {}],
    ['those who are there are too few', { gone: ids(3), fewest: 3 }],
    ['they are too few without those that are left out', { gone: ids(3), leftOut: 1 }],
    ['it is a set that is awaited', { gone: ids(3), for: 'set' }],
  ])('is not spoken of where %s', (_, change) => {
    expect(withoutThem(event(change), label)).toBeUndefined();
  });
});

describe('a quorum that does not come in time', () => {
  it('is told, with what happens and what else could', () => {
    expect(overdueLine(event(), waits)).toBeUndefined();
    expect(overdueLine(event({ timeouts: 2 }), waits)).toBe(
      'risk, round 4: the quorum was not reached within 120 s (quorumTimeout); 2 are present, 3 are needed; still waiting: ' +
        'start more clients, or lower quorum, or set afterQuorumTimeout to "run" or "fail"',
    );
    expect(overdueLine(event({ timeouts: 1 }), { ...waits, afterQuorumTimeout: 'run' })).toContain(
      'the round runs with 2 or more (afterQuorumTimeout "run")',
    );
  });
});

describe('where a round is', () => {
  it('is its state, and how many members are in', () => {
    const at = { task: 'risk', round: 4, attempt: 1, state: 'masked-input', members: 5 } as const;
    expect(stateLine(at)).toBe('risk, round 4: masked-input, 5 in');
    expect(stateLine({ ...at, attempt: 2 }, '3 of 9 masks removed')).toBe(
      'risk, round 4 (attempt 2): masked-input, 5 in, 3 of 9 masks removed',
    );
  });
});
