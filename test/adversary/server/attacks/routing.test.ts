import { describe, expect, it } from 'vitest';
import { messageName } from '../../../../protocol/wire/header.ts';
import type { ErrorCode } from '../../../../protocol/errors.ts';
import type { RoundSettings } from '../../../../protocol/wire/settings.ts';
import { routedAs } from '../../../../simulations/attacks/open-round/cheats.ts';
import { towards } from '../forged.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { narrowTo, withoutTarget } from '../../../../simulations/attacks/routing.ts';
import { expectNoInput, expectNoise, expectRecovered } from '../verdicts.ts';

const scene = useScenes();

const N = 8;
const HONEST = [1, 2, 3, 4, 5, 6];

/** Entries by the sender's place among the target's neighbours. */
type Entries = Map<number, Uint8Array>;

/** What the target says to sealed shares that were changed on their way to it. */
async function verdictOn(change: (entries: Entries) => void): Promise<ErrorCode> {
  const hall = await scene({ seed: 'routing', n: N, honest: HONEST, policy: { colluding: 0.25 } });
  hall.round({ down: (mail) => towards(TARGET, routedAs(change))(mail) });
  const { code } = await hall.target.log.next('refused');
  expectNoInput(hall);
  return code;
}

describe('sealed shares', () => {
  it('of two members cannot be exchanged', async () => {
    const code = await verdictOn((entries) => {
      const [first, second] = [entries.get(0)!, entries.get(1)!];
      entries.set(0, second).set(1, first);
    });
    expect(code).toBe('share-undecryptable');
  });

  it('cannot be changed by a bit', async () => {
    const code = await verdictOn((entries) => (entries.get(4)![20]! ^= 1));
    expect(code).toBe('share-undecryptable');
  });

  it('of fewer members than the threshold are refused: the target would mask with few', async () => {
    const code = await verdictOn((entries) => [0, 1, 2].forEach((place) => entries.delete(place)));
    expect(code).toBe('too-few-members');
  });
});

describe('a coordinator that tells the target and the others different sets of who has shared keys', () => {
  const start = (): Promise<Scene> =>
    scene({ seed: 'two sets of sharers', n: N, honest: HONEST, policy: { colluding: 0.25 } });

  it('gets noise: whoever is told that the target survived, and had shared nothing, refuses', async () => {
    const hall = await start();
    const settings = hall.settings();
    hall.round({ down: withoutTarget(hall) }, settings);
    const others = hall.honest.filter((member) => member !== TARGET);
    expect(new Set(Object.values(await hall.ends(others)))).toEqual(new Set(['set-grew']));
    expectNoise(hall, settings);
  });

  it('gets noise, too, where the others hear that it did not survive: nobody reveals a share of it', async () => {
    const hall = await start();
    const settings = hall.settings();
    const round = hall.round(
      {
        down: withoutTarget(hall),
        up: (mail) => (mail.member === TARGET && messageName(mail.bytes) === 'maskedInput' ? [] : [mail]),
      },
      settings,
    );
    const { transcript } = hall.coordinator;
    await hall.until(() => transcript.of('up', 'maskedInput').length === N);
    round.input({ kind: 'leave', member: TARGET, reason: 'deadline-missed' });
    await hall.until(() => transcript.of('up', 'unmaskShares').length === N - 1);
    const { length } = hall.accomplices;
    expect(hall.attempt(settings).loot).toEqual({ key: length, seed: length, threshold: 3 });
    expectNoise(hall, settings);
  });
});

describe('a coordinator that tells the target alone of few members, and opens the masks that it then puts on', () => {
  const POLICY = { colluding: 0.49 };

  async function narrow(hall: Scene, view: number): Promise<{ left: readonly number[]; settings: RoundSettings }> {
    const settings = hall.settings({ colludingPpm: 490_000 });
    return { left: await narrowTo(hall, settings, view), settings };
  }

  it('is refused where only the threshold would be reached: t − 1 accomplices would be all that the target masks with', async () => {
    const hall = await scene({ seed: 'narrow', n: N, honest: [1, 2, 3, 4, 5], policy: POLICY });
    expect((await narrow(hall, 4)).left).toEqual([]);
    expect(hall.target.log.of('refused')[0]!.code).toBe('too-few-members');
    expectNoInput(hall);
  });

  it('gets noise with as many accomplices as are tolerated: too few are left to sign', async () => {
    const hall = await scene({ seed: 'narrow', n: N, honest: [1, 2, 3, 4, 5], policy: POLICY });
    const { left, settings } = await narrow(hall, 6);
    expect(left).toHaveLength(2);
    expect(hall.coordinator.transcript.of('up', 'unmaskShares')).toEqual([]);
    expectNoise(hall, settings);
  });

  it('RECOVERS the target’s update with one accomplice more', async () => {
    const hall = await scene({ seed: 'narrow', n: N, honest: [1, 2, 3, 4], policy: POLICY });
    const { left, settings } = await narrow(hall, 6);
    expect(left).toHaveLength(1);
    expectRecovered(hall, settings);
  });
});
