import { afterEach, describe, expect, it } from 'vitest';
import { labelOf, nameText, type RoundReport } from '../../coordinator/index.ts';
import { shownWhere } from '../../coordinator/http/redact.ts';
import { Names } from '../../coordinator/names.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { closeAll, openHall } from './support/hall.ts';
import type { Script } from './support/scripted-client.ts';
import { until } from './support/until.ts';

afterEach(closeAll);

const directory = new Map<MemberId, string>([
  [memberId(1), 'anna'],
  [memberId(2), 'ben\u001b[2J'],
]);
const names = (): Names => new Names((member) => directory.get(member));

describe('a member’s name', () => {
  it('is the directory’s, whether or not the member ever connected', () => {
    expect(names().of(memberId(1))).toEqual({ name: 'anna', proven: true });
  });

  it('is a guest’s own claim, and marked as such, even if it is a member’s name', () => {
    const known = names();
    known.note(memberId(9), 'anna');
    expect(known.of(memberId(9))).toEqual({ name: 'anna', proven: false });
    expect(known.label(memberId(9))).toBe('"anna"? (9)');
    expect(known.label(memberId(1))).toBe('anna (1)');
  });

  it('cannot be taken from the directory by a guest’s claim', () => {
    const known = names();
    known.note(memberId(1), 'mallory');
    expect(known.of(memberId(1))).toEqual({ name: 'anna', proven: true });
  });

  it('cannot look like another’s by its quotation marks', () => {
    expect(nameText({ name: 'x"? and anna', proven: false })).toBe('"x\'? and anna"?');
  });

  it('is printable and short', () => {
    const known = names();
    known.note(memberId(9), `a\r\n\u202e${'b'.repeat(500)}`);
    expect(known.of(memberId(2))!.name).toBe('ben\\u001b[2J');
    expect(known.of(memberId(9))!.name).toHaveLength(128);
    expect(known.of(memberId(9))!.name).not.toMatch(/\p{C}/u);
    expect(known.label(memberId(9)).length).toBeLessThan(60);
  });

  it('is replaced by the number if there is none', () => {
    const known = names();
    known.note(memberId(9), ' ');
    expect(known.of(memberId(9))).toBeUndefined();
    expect(labelOf(9, undefined)).toBe('member 9');
  });

  it('outlives the enrolment, since reports still mention the member', () => {
    const enrolled = new Map(directory);
    const known = new Names((member) => enrolled.get(member));
    known.note(memberId(1), '');
    enrolled.clear();
    expect(known.of(memberId(1))).toEqual({ name: 'anna', proven: true });
  });

  it('is forgotten for guests of long ago: memory stays bounded', () => {
    const known = names();
    for (let guest = 10; guest < 10 + 65_537; guest++) known.note(memberId(guest), `g${guest}`);
    expect(known.of(memberId(10))).toBeUndefined();
    expect(known.of(memberId(11))).toEqual({ name: 'g11', proven: false });
  });
});

describe('a report', () => {
  it('names the members whose numbers appear in it, and no others', () => {
    const report = {
      drops: [
        {
          member: memberId(1),
          state: 'unmasking',
          reason: 'share-false',
          effect: 'after-input',
          owners: [memberId(2)],
        },
      ],
      benched: [{ member: memberId(2), reason: 'share-false' }],
      satOut: [memberId(7)],
    } as unknown as RoundReport;
    expect(names().named(report).names).toEqual([
      { member: 1, name: 'anna', proven: true },
      { member: 2, name: 'ben\\u001b[2J', proven: true },
    ]);
    const nobody = { ...report, drops: [], benched: [], satOut: [] };
    expect(names().named(nobody)).toBe(nobody);
  });
});

// An operator had rounds.jsonl, a log and a directory, and looked up forty ten-digit numbers by hand.
describe('a coordinator', () => {
  const leave: Script = {
    send: (name, bytes, client) => (name === 'maskedInput' ? (client.close(), undefined) : bytes),
  };

  it('names members that dropped out, in its report, its log and its events, but not in its metrics', async () => {
    const hall = await openHall({ cohort: 5 });
    const joined: unknown[] = [];
    hall.coordinator.on('member', ({ member, name }) => void joined.push([member, name?.name]));
    await Promise.all([1, 2, 3, 4, 5].map((member) => hall.join(member, member === 3 ? leave : {})));
    await hall.coordinator.finished;
    expect(joined).toContainEqual([3, 'member-3']);
    const named = [{ member: 3, name: 'member-3', proven: true }];
    expect(hall.reports[0]).toMatchObject({ drops: [{ member: 3 }], names: named });
    const dropped = hall.lines.filter((line) => line.includes('"event":"member-dropped"'));
    expect(dropped.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual(['member-3']);
    const { url } = hall.coordinator;
    const rounds = (await (await fetch(`${url}/v1/tasks/toy/rounds`)).json()) as RoundReport[];
    expect(rounds[0]!.names).toEqual(named);
    expect(await (await fetch(`${url}/metrics`)).text()).not.toContain('member-3');
  });

  it('reveals over HTTP the directory’s names, which are public, and no guest’s', () => {
    const member = { member: memberId(1), name: 'anna', proven: true };
    const guest = { member: memberId(9), name: 'ben', proven: false };
    const report = { task: 'toy', names: [member, guest] } as unknown as RoundReport;
    expect(shownWhere(false).report(report).names).toEqual([member]);
    expect(shownWhere(true).report(report).names).toBeUndefined();
  });

  it('names guests by their own claim', async () => {
    const hall = await openHall({ adversary: 'curious', unsafeOpenEnrolment: true, cohort: 3 });
    const { join } = await import('../../client/index.ts');
    const app = {
      shapes: { b: [2], w: [2, 2] },
      data: () => 0,
      train: () => Promise.reject(new Error('no')),
    };
    const leaving = new AbortController();
    const policy = { adversary: 'curious', minCohort: 2 } as const;
    const guest = join(hall.coordinator.url, app, { name: 'anna', policy, signal: leaving.signal });
    guest.closed.catch(() => undefined);
    await until(() => hall.members.length > 0);
    const member = Number(hall.members[0]!.split(' ')[1]);
    expect(hall.coordinator.nameOf(member)).toEqual({ name: 'anna', proven: false });
    expect(hall.lines.find((line) => line.includes('"event":"member-joined"'))).toContain('"claimed":"anna"');
    leaving.abort();
    await guest.closed.catch(() => undefined);
  });
});
