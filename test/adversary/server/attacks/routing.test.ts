import { describe, expect, it } from 'vitest';
import { messageName } from '../../../../protocol/wire/header.ts';
import type { ErrorCode } from '../../../../protocol/errors.ts';
import { memberId } from '../../../../protocol/ids.ts';
import type { RoundSettings } from '../../../../protocol/wire/settings.ts';
import { routedAs } from '../../../../simulations/attacks/open-round/cheats.ts';
import type { Rewrite } from '../../../../simulations/attacks/open-round/lab.ts';
import { towards } from '../../../../simulations/attacks/coordinator/forged.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { indexOf } from '../../../../simulations/attacks/coordinator/split.ts';
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

  /** The others are told that the target has shared nothing: they put no mask on that would cancel its own. */
  const withoutTarget = (hall: Scene): Rewrite =>
    routedAs((entries, to) => {
      if (hall.honest.includes(to) && to !== TARGET) entries.delete(indexOf(hall, TARGET) - (to < TARGET ? 1 : 0));
    });

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

  /**
   * The target hears of the accomplices and of as many others as it insists on. Those others are left out of the survivor
   * set, so that their mask secrets are opened, and the target is asked nothing any more.
   */
  async function narrow(hall: Scene, view: number): Promise<{ left: readonly number[]; settings: RoundSettings }> {
    const friends = hall.honest.filter((member) => member !== TARGET);
    const left = friends.slice(0, Math.max(0, view - 1 - hall.accomplices.length)).map(Number);
    const shown = new Set([...hall.accomplices.map(Number), ...left]);
    const settings = hall.settings({ colludingPpm: 490_000 });
    const round = hall.round(
      {
        down: (mail) => {
          if (mail.member !== TARGET) return [mail];
          if (messageName(mail.bytes) === 'survivors' || messageName(mail.bytes) === 'unmaskRequest') return [];
          return routedAs((entries) => {
            for (const place of [...entries.keys()]) {
              if (!shown.has(hall.members[place + (place < indexOf(hall, TARGET) ? 0 : 1)]!)) entries.delete(place);
            }
          })(mail);
        },
        up: (mail) => (messageName(mail.bytes) === 'maskedInput' && left.includes(mail.member) ? [] : [mail]),
      },
      settings,
    );
    const { transcript } = hall.coordinator;
    const isRefused = (): boolean => hall.target.log.of('refused').length > 0;
    await hall.until(() => isRefused() || transcript.of('up', 'maskedInput').length === N);
    for (const member of left) round.input({ kind: 'leave', member: memberId(member), reason: 'deadline-missed' });
    if (isRefused()) return { left, settings };
    const others = N - 1 - left.length;
    await hall.until(() => transcript.of('up', 'consistency').length === others);
    if (round.state.name === 'consistency-check') round.input({ kind: 'deadline' });
    else await hall.until(() => transcript.of('up', 'unmaskShares').length === others);
    return { left, settings };
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
