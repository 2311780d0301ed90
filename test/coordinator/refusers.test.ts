import { afterEach, describe, expect, it } from 'vitest';
import { plainRefusals } from '../../coordinator/rounds/aftermath.ts';
import { Refusers } from '../../coordinator/rounds/refusers.ts';
import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { openMessage } from '../../protocol/wire/header.ts';
import { encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { encodeSettings, settingsHash } from '../../protocol/wire/settings.ts';
import { closeAll, type Hall, openHall } from './support/hall.ts';
import type { Script } from './support/scripted-client.ts';

afterEach(closeAll);

const [ONE, TWO, THREE] = [1, 2, 3].map(memberId) as [MemberId, MemberId, MemberId];
const ALL = [ONE, TWO, THREE];

function refusersOf() {
  let now = 0;
  const refusers = new Refusers(1000, () => now);
  return {
    refusers,
    after: (ms: number) => void (now += ms),
    refuse: () => refusers.learn(ALL, new Set([TWO])),
    asked: () => refusers.without(ALL),
  };
}

describe('a member that refuses every round', () => {
  it('is asked again after a pause that doubles, up to a minute', () => {
    const { refusers, after, refuse, asked } = refusersOf();
    expect(refusers.nextReturn).toBeUndefined();
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      refuse();
      expect(refusers.nextReturn).toBe(seconds * 1000);
      after(seconds * 1000 - 1);
      expect(asked()).toEqual([ONE, THREE]);
      after(1);
      expect(asked()).toEqual(ALL);
      expect(refusers.nextReturn).toBeUndefined();
    }
  });

  it('has its refusals forgotten when it takes part, and when it leaves', () => {
    const { refusers, after, refuse, asked } = refusersOf();
    for (let times = 0; times < 5; times++) refuse();
    refusers.learn(ALL, new Set());
    refuse();
    expect(refusers.nextReturn).toBe(1000);
    after(1000);
    refuse();
    refusers.forget((member) => member !== TWO);
    expect(asked()).toEqual(ALL);
    refuse();
    expect(refusers.nextReturn).toBe(1000);
  });

  it('keeps its pause while others are invited without it', () => {
    const { refusers, refuse, asked } = refusersOf();
    refuse();
    refusers.learn([ONE, THREE], new Set());
    expect(asked()).toEqual([ONE, THREE]);
  });

  it.each<ErrorCode>(['cohort-too-similar', 'input-changed', 'rebase-refused', 'repeat-refused'])(
    'is none where it says %s, from which something else follows',
    (reason) => {
      const drop = { state: 'advertise-keys', effect: 'before-input' } as const;
      const drops = [
        { ...drop, member: ONE, reason },
        { ...drop, member: TWO, reason: 'app-failed' as const },
      ];
      expect(plainRefusals({ refused: [ONE, TWO], drops })).toEqual([TWO]);
    },
  );
});

/** Refuses the first rounds that it is invited to, by an Abort instead of the message. */
function refusing(code: ErrorCode, times: number, at: 'advertiseKeys' | 'shareKeys' = 'advertiseKeys'): Script {
  let left = times;
  return {
    send: (name, bytes, client) => {
      if (name !== at || left === 0) return bytes;
      left--;
      // Keys are sent under the settings' hash, and before the client has noted the settings.
      const settings = client.settings.at(-1)!;
      const header =
        name === 'advertiseKeys'
          ? openMessage(name, bytes).header
          : { suite: settings.suite, context: settingsHash(nodePrimitives, encodeSettings(settings)) };
      return encodeAbort(header, new CairnError(code, 'no'), [1, 2]);
    },
  };
}

/** A coordinator whose task begins when four members are there. */
async function four(task: Readonly<Record<string, unknown>>, scripts: Readonly<Record<number, Script>>): Promise<Hall> {
  let begin!: () => void;
  const hall = await openHall(task, { begin: new Promise((resolve) => (begin = resolve)) });
  await Promise.all([1, 2, 3, 4].map((member) => hall.join(member, scripts[member])));
  begin();
  return hall;
}

const outcomes = (hall: Hall): (string | number)[][] =>
  hall.reports.map(({ outcome, included, drops }) => [
    outcome,
    included,
    ...drops.map(({ member, reason }) => `${member} ${reason}`),
  ]);

describe('a task with members that refuse its rounds', () => {
  it('continues with the others, and leaves them out of the next cohorts', async () => {
    const hall = await four({ minCohort: 3, quorum: 4, rounds: 2 }, { 3: refusing('app-failed', Infinity) });
    await hall.coordinator.finished;
    expect(outcomes(hall)).toEqual([
      ['committed', 3, '3 app-failed'],
      ['committed', 3],
    ]);
    expect(hall.reports[1]!.members.invited).toBe(3);
  });

  // Three refusals used to be three failed attempts, and a task with so many ended.
  it.each<ErrorCode>(['app-failed', 'update-refused', 'settings-invalid', 'member-left', 'share-undecryptable'])(
    'waits for those without whom it has too few, and loses no attempt to them, whatever they say: %s',
    async (code) => {
      const hall = await four({ minCohort: 4, attempts: 1 }, { 3: refusing(code, 3) });
      await hall.coordinator.finished;
      expect(outcomes(hall)).toEqual([...[1, 2, 3].map(() => ['abandoned', 0, `3 ${code}`]), ['committed', 4]]);
      expect(hall.reports.every(({ benched }) => benched === undefined)).toBe(true);
    },
  );

  it('survives its own fault that every member refuses', async () => {
    const every = Object.fromEntries([1, 2, 3, 4].map((member) => [member, refusing('settings-invalid', 1)]));
    const hall = await four({ attempts: 1 }, every);
    await hall.coordinator.finished;
    expect(hall.reports.map(({ outcome }) => outcome)).toEqual(['abandoned', 'committed']);
  });

  it('counts an attempt that a member leaves after the roster, when others have shared their keys', async () => {
    const hall = await four({ minCohort: 4, attempts: 2 }, { 3: refusing('app-failed', Infinity, 'shareKeys') });
    await expect(hall.coordinator.finished).rejects.toMatchObject({
      code: 'below-threshold',
      message: expect.stringContaining('members left because of app-failed (1)') as string,
    });
    expect(hall.reports).toHaveLength(2);
  });

  it('counts an attempt that ends with a refusal about its sets, which has separate consequences', async () => {
    const hall = await four({ minCohort: 4, attempts: 2 }, { 3: refusing('input-changed', Infinity) });
    await expect(hall.coordinator.finished).rejects.toMatchObject({ code: 'below-threshold' });
    expect(hall.reports).toHaveLength(2);
  });

  it('shows the class in the report, the log and the metrics, and never the message', async () => {
    const hall = await four({ minCohort: 3 }, { 3: refusing('update-refused', 1) });
    await hall.coordinator.finished;
    const drop = { member: 3, state: 'advertise-keys', reason: 'update-refused', effect: 'before-input' };
    expect(hall.reports[0]!.drops).toEqual([drop]);
    const line = hall.lines.find((one) => one.includes('member-dropped'))!;
    expect(JSON.parse(line)).toMatchObject({ member: 3, code: 'update-refused' });
    const metrics = await (await fetch(`${hall.coordinator.url}/metrics`)).text();
    expect(metrics).toContain('reason="update-refused",effect="before-input"} 1');
  });
});
