import { afterEach, describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { encodeAbort } from '../../../protocol/wire/messages/abort.ts';
import { encodeSettings, settingsHash } from '../../../protocol/wire/settings.ts';
import { closeAll } from '../../coordinator/support/hall.ts';
import { brokenSeals } from '../../../simulations/attacks/members/deeds.ts';
import type { Script } from '../../coordinator/support/scripted-client.ts';
import { HOSTILE, Scene } from './support/scene.ts';

afterEach(closeAll);

const ROUNDS = 4;

/** A scene of n members of whom a quarter may collude; three attempts have to do for each round. */
const open = (n: number, task: object = {}): Promise<Scene> =>
  Scene.open({
    honest: n - 1,
    task: { rounds: ROUNDS, attempts: 4, colluding: 0.25, minCohort: Math.ceil(n / 2), ...task },
  });

/** Seals wrongly to so many, to others each time if it moves on, and says good-bye. */
function spoiler(count: number, moves: boolean): NonNullable<Script['send']> {
  let rounds = 0;
  const seals = brokenSeals(count, () => (moves ? rounds++ * count : 0));
  return (name, bytes, client) => {
    if (name !== 'maskedInput') return seals(name, bytes);
    const context = settingsHash(nodePrimitives, encodeSettings(client.settings.at(-1)!));
    return encodeAbort({ suite: 1, context }, { code: 'member-left', message: 'enough' });
  };
}

describe.each([
  [6, 1],
  [8, 2],
  [12, 3],
])('beside %i members, one that seals wrongly to γn = %i in each round and leaves it', (n, count) => {
  it.each([
    ['the same members', false],
    ['others each time', true],
  ])('%s: costs a round three attempts at most, and the task goes on without it', async (_, moves) => {
    const scene = await open(n);
    await scene.hostile({ send: spoiler(count, moves) });
    await scene.begin().hall.coordinator.finished;
    const { reports } = scene.hall;
    expect(reports[0]).toMatchObject({ outcome: 'abandoned', code: 'below-threshold' });
    expect(reports.filter(({ outcome }) => outcome === 'committed').map(({ round }) => round)).toEqual([1, 2, 3, 4]);
    expect(Math.max(...reports.map(({ attempt }) => attempt))).toBeLessThanOrEqual(3);
    expect(
      reports.some(({ benched, satOut }) => satOut?.includes(HOSTILE as never) === true || benched !== undefined),
    ).toBe(true);
    for (const { benched = [] } of reports) expect(benched.every(({ member }) => member === HOSTILE)).toBe(true);
    reports.slice(1).forEach(({ satOut = [] }, i) => {
      const before = reports[i]!.satOut ?? [];
      expect(satOut.filter((member) => before.includes(member))).toEqual([]);
    });
    await scene.expectAlive();
  });

  it('ends the task where nobody is left out', async () => {
    const scene = await open(n, { exclusionAttempts: 0 });
    await scene.hostile({ send: spoiler(count, false) });
    await expect(scene.begin().hall.coordinator.finished).rejects.toMatchObject({ code: 'below-threshold' });
    expect(scene.hall.reports.every(({ outcome }) => outcome === 'abandoned')).toBe(true);
  });
});

describe.each([6, 8, 12])('beside %i members, one that seals wrongly to one in each round', (n) => {
  it('and stays: sits out of every other round, or for good, and every round commits at the first attempt', async () => {
    const scene = await open(n);
    await scene.hostile({ send: brokenSeals(1, () => 0) });
    await scene.begin().hall.coordinator.finished;
    const { reports } = scene.hall;
    expect(reports.map(({ outcome, attempt }) => [outcome, attempt])).toEqual(
      Array.from({ length: ROUNDS }, () => ['committed', 1]),
    );
    const left = reports.map(({ satOut = [] }) => satOut.map(Number));
    expect(left.slice(0, 2)).toEqual([[], [HOSTILE]]);
    const benched = reports.findIndex((report) => report.benched?.some(({ member }) => member === HOSTILE));
    expect(benched === 2 || left[3]!.includes(HOSTILE)).toBe(true);
    await scene.expectAlive();
  });
});
