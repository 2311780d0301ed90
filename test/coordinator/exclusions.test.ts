import { afterEach, describe, expect, it } from 'vitest';
import { Exclusions } from '../../coordinator/rounds/exclusions.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { encodeAbort } from '../../protocol/wire/messages/abort.ts';
import {
  decodeShareKeys,
  encodeShareKeys,
  SEALED_SHARES_LENGTH,
} from '../../protocol/schemes/secagg/messages/share-keys.ts';
import { encodeSettings, settingsHash } from '../../protocol/wire/settings.ts';
import { closeAll, openHall, type Hall } from './support/hall.ts';
import type { Script } from './support/scripted-client.ts';

afterEach(closeAll);

const ALL = [1, 2, 3, 4].map(memberId);
const suspect = (member: number) => ({ member: memberId(member), reason: 'share-undecryptable' }) as const;

/** A bench, and a clock that stands still until it is told. */
function benchOf(attempts = 2): { bench: Exclusions; after: (ms: number) => void; invited: () => MemberId[] } {
  let now = 0;
  const bench = new Exclusions({ attempts, minutes: 1, now: () => now });
  return { bench, after: (ms) => void (now += ms), invited: () => bench.without(ALL) };
}

describe('an excluded member', () => {
  it('sits out as many attempts as configured, doubled each time', () => {
    const { bench, invited } = benchOf();
    for (const attempts of [2, 4, 8]) {
      expect(bench.judge([suspect(3)])).toEqual([{ member: 3, reason: 'share-undecryptable', attempts }]);
      for (let left = attempts; left > 0; left--) {
        expect(invited()).toEqual([1, 2, 4]);
        bench.judge([]);
      }
      expect(invited()).toEqual([1, 2, 3, 4]);
    }
  });

  it('is admitted again when its time is over, even without any attempt', () => {
    const { bench, after, invited } = benchOf();
    expect(bench.nextReturn).toBeUndefined();
    bench.judge([suspect(3)]);
    expect(bench.nextReturn).toBe(60_000);
    after(59_999);
    expect(invited()).toEqual([1, 2, 4]);
    after(1);
    expect(invited()).toEqual([1, 2, 3, 4]);
    expect(bench.nextReturn).toBeUndefined();
  });

  it('includes one suspected without proof from the second time on, for a constant time', () => {
    const { bench, after, invited } = benchOf();
    const guess = { member: memberId(3), reason: 'false-dealing-unproven', unproven: true } as const;
    expect(bench.judge([guess])).toEqual([]);
    expect(invited()).toEqual([1, 2, 3, 4]);
    for (let time = 2; time < 6; time++) {
      expect(bench.judge([guess])).toEqual([{ member: 3, reason: 'false-dealing-unproven', attempts: 2 }]);
      expect(invited()).toEqual([1, 2, 4]);
      after(60_000);
      expect(invited()).toEqual([1, 2, 3, 4]);
    }
    // Nor does it shorten a stay that was earned.
    bench.judge([suspect(3)]);
    bench.judge([suspect(3)]);
    bench.judge([guess]);
    after(60_000);
    expect(invited()).toEqual([1, 2, 4]);
  });

  // Else accomplices who refuse attempts, which costs them nothing, would bring a liar back at once.
  it('sits out as many attempts as configured, not counting those that failed only for refusals', () => {
    const { bench, after, invited } = benchOf();
    bench.judge([suspect(3)]);
    for (let refused = 0; refused < 10; refused++) bench.judge([], false);
    expect(invited()).toEqual([1, 2, 4]);
    bench.judge([]);
    expect(invited()).toEqual([1, 2, 4]);
    bench.judge([]);
    expect(invited()).toEqual([1, 2, 3, 4]);
    // Time passes all the same, since a quorum may not come without it.
    bench.judge([suspect(3)]);
    bench.judge([], false);
    after(120_000);
    expect(invited()).toEqual([1, 2, 3, 4]);
  });

  it('does not exist if exclusionAttempts is 0', () => {
    const { bench, invited } = benchOf(0);
    expect(bench.judge([suspect(3)])).toEqual([]);
    expect(invited()).toEqual([1, 2, 3, 4]);
  });
});

/** Seals what does not open, to every neighbour. */
const SEALS_BADLY: Script = {
  send: (name, bytes) => {
    if (name !== 'shareKeys') return bytes;
    const shares = decodeShareKeys(bytes);
    return encodeShareKeys({ ...shares, sealed: shares.sealed.map((byte) => byte ^ 1) });
  },
};

/** Says instead of its input that others sealed what does not open. */
const accusing = (...blamed: number[]): Script => ({
  send: (name, bytes, client) => {
    if (name !== 'maskedInput') return bytes;
    const settings = client.settings.at(-1)!;
    const context = settingsHash(nodePrimitives, encodeSettings(settings));
    return encodeAbort({ suite: settings.suite, context }, { code: 'share-undecryptable', message: 'no' }, blamed);
  },
});

/** A coordinator whose task begins when so many members are there, and has ended. */
async function hallOf(count: number, task: object, scripts: Readonly<Record<number, Script>>): Promise<Hall> {
  let begin!: () => void;
  const hall = await openHall({ ...task }, { begin: new Promise((resolve) => (begin = resolve)) });
  await Promise.all(Array.from({ length: count }, (_, i) => hall.join(i + 1, scripts[i + 1])));
  begin();
  await hall.coordinator.finished;
  return hall;
}

describe('a task with a member that seals what does not open', () => {
  it('loses one attempt to it, excludes it, and continues', async () => {
    const hall = await hallOf(6, { cohort: 6, quorum: 5, rounds: 2, attempts: 3 }, { 3: SEALS_BADLY });
    const [spoilt, ...others] = hall.reports;
    expect(spoilt).toMatchObject({ outcome: 'abandoned', code: 'below-threshold', round: 1, attempt: 1 });
    expect(spoilt!.benched).toEqual([{ member: 3, reason: 'share-undecryptable' }]);
    expect(others).toMatchObject([
      { outcome: 'committed', round: 1, attempt: 2, included: 5 },
      { outcome: 'committed', round: 2, attempt: 1, included: 5 },
    ]);
    const log = hall.lines.find((line) => line.includes('member-benched'));
    expect(JSON.parse(log!)).toMatchObject({ task: 'toy', round: 1, attempt: 1, member: 3 });
    const metrics = await (await fetch(`${hall.coordinator.url}/metrics`)).text();
    expect(metrics).toContain('cairn_benched_total{task="toy",reason="share-undecryptable"} 1');
  });

  it('admits it again when its time is over, if no round may begin without it', async () => {
    let seals = 0;
    // To one member at a time: the round ends with the first that leaves, and nobody can be spared.
    const toOneEachTime: Script = {
      send: (name, bytes) => {
        if (name !== 'shareKeys' || seals === 2) return bytes;
        const shares = decodeShareKeys(bytes);
        const sealed = shares.sealed.slice();
        sealed[seals++ * SEALED_SHARES_LENGTH]! ^= 1;
        return encodeShareKeys({ ...shares, sealed });
      },
    };
    const task = { cohort: 5, minCohort: 5, attempts: 3, exclusionMinutes: 1 / 600 };
    const hall = await hallOf(5, task, { 3: toOneEachTime });
    expect(hall.reports.map(({ outcome, included }) => [outcome, included])).toEqual([
      ['abandoned', 0],
      ['abandoned', 0],
      ['committed', 5],
    ]);
    expect(hall.reports.map(({ benched }) => benched?.map(({ member }) => member))).toEqual([
      undefined,
      [3],
      undefined,
    ]);
    expect(hall.reports.every(({ satOut }) => satOut === undefined)).toBe(true);
  });

  it('ends if no round may begin without it, and reports that it is excluded', async () => {
    const task = { cohort: 6, minCohort: 5, attempts: 3, rounds: 2, quorumTimeout: 0.2, afterQuorumTimeout: 'fail' };
    const both = { 3: SEALS_BADLY, 4: SEALS_BADLY };
    await expect(hallOf(6, task, both)).rejects.toMatchObject({
      code: 'not-enough-clients',
      message: expect.stringContaining('are left out for having spoilt or refused rounds, and 5 are needed') as string,
    });
  });

  it('ends if no member can be spared, and reports that members quarrel', async () => {
    const hall = hallOf(6, { cohort: 6, minCohort: 6, attempts: 2 }, { 3: accusing(1) });
    await expect(hall).rejects.toMatchObject({
      code: 'below-threshold',
      message: expect.stringContaining('2 members that quarrel over seals could not be separated') as string,
      hint: expect.stringContaining('lower minCohort') as string,
    });
  });
});

describe('members that blame honest ones', () => {
  it('exclude no member as long as they are at most as many as may collude, and keep none out of two rounds in a row', async () => {
    const rounds = 6;
    const hall = await hallOf(
      8,
      { cohort: 8, rounds, attempts: 1, colluding: 0.25 },
      { 7: accusing(1), 8: accusing(1, 2) },
    );
    expect(hall.reports).toHaveLength(rounds);
    let before: readonly number[] = [];
    for (const { outcome, benched, drops, satOut = [], included } of hall.reports) {
      expect([outcome, benched]).toEqual(['committed', undefined]);
      expect(satOut.filter((member) => before.includes(member))).toEqual([]);
      expect(included).toBe(8 - satOut.length - drops.length);
      expect(drops.every(({ member }) => member === 7 || member === 8)).toBe(true);
      before = satOut;
    }
    expect(hall.reports[0]!.drops.map(({ member, blames }) => [member, blames]).sort()).toEqual([
      [7, [1]],
      [8, [1, 2]],
    ]);
    expect(hall.lines.some((line) => line.includes('member-sits-out'))).toBe(true);
  });

  it('are excluded themselves when they blame more members than can be guilty', async () => {
    const hall = await hallOf(
      8,
      { cohort: 8, quorum: 7, rounds: 2, attempts: 1, colluding: 0.25 },
      { 8: accusing(1, 2, 3) },
    );
    expect(hall.reports[0]!.benched).toEqual([{ member: 8, reason: 'share-undecryptable' }]);
    expect(hall.reports[1]).toMatchObject({ outcome: 'committed', included: 7, drops: [] });
    expect(hall.reports[1]!.benched).toBeUndefined();
  });
});
