import { describe, expect, it } from 'vitest';
import { bitmapOf } from '../../../../protocol/wire/bitmap.ts';
import { encodeSurvivors } from '../../../../protocol/schemes/secagg/messages/survivors.ts';
import { encodeUnmaskRequest } from '../../../../protocol/schemes/secagg/messages/unmask-request.ts';
import { messageName } from '../../../../protocol/wire/header.ts';
import type { RoundSettings } from '../../../../protocol/wire/settings.ts';
import type { EvilRound } from '../../../../simulations/attacks/coordinator/evil-round.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { signedByWitnesses } from '../../../../simulations/attacks/open-round/cheats.ts';
import { indexOf, sessionIdOf, signedBy } from '../../../../simulations/attacks/coordinator/split.ts';
import { expectNoise } from '../verdicts.ts';

const scene = useScenes();

const N = 8;

interface Late {
  readonly round: EvilRound;
  readonly settings: RoundSettings;
  readonly sessionId: Uint8Array;
}

/** The others are told that the target dropped, and open its mask secret; its masked input came all the same. */
async function late(hall: Scene): Promise<Late> {
  const settings = hall.settings();
  let sessionId: Uint8Array | undefined;
  const round = hall.round(
    {
      up: (mail, attacked) => {
        if (mail.member !== TARGET || messageName(mail.bytes) !== 'maskedInput') return [mail];
        sessionId = sessionIdOf(attacked);
        return [];
      },
      down: (mail) => (mail.member === TARGET && messageName(mail.bytes) === 'outcome' ? [] : [mail]),
    },
    settings,
  );
  await hall.until(() => sessionId !== undefined);
  round.input({ kind: 'leave', member: TARGET, reason: 'deadline-missed' });
  const others = hall.honest.filter((member) => member !== TARGET);
  expect(new Set(Object.values(await hall.ends(others)))).toEqual(new Set(['committed']));
  return { round, settings, sessionId: sessionId! };
}

describe('a masked input that the coordinator keeps back until the others have opened the target’s mask secret', () => {
  it.each(['active', 'curious'] as const)(
    'is noise in a round of class %s: the self mask is still on it',
    async (adversary) => {
      const hall = await scene({ seed: `late ${adversary}`, n: N, honest: [1, 2, 3, 4, 5, 6, 7], adversary });
      const { settings } = await late(hall);
      expect(hall.attempt()).toMatchObject({ pairMasksLeft: [], selfMaskLeft: true });
      expectNoise(hall, settings);
    },
  );

  it('stays noise where the target is then told that everybody survived: too few have signed that', async () => {
    const hall = await scene({ seed: 'late and alone', n: N, honest: [1, 2, 3, 4, 5, 6, 7] });
    const { round, settings, sessionId } = await late(hall);
    const survivors = bitmapOf(N, hall.members.keys());
    const header = { suite: settings.suite, context: sessionId, size: N, survivors };
    round.send(TARGET, encodeSurvivors(header));
    const { transcript } = hall.coordinator;
    await hall.until(() => transcript.of('up', 'consistency', TARGET).length > 0);
    const signatures = [TARGET, ...hall.accomplices].map((member) => signedBy(hall, member, sessionId, survivors));
    expect(signatures.map(({ index }) => index)).toContain(indexOf(hall, TARGET));
    round.send(TARGET, encodeUnmaskRequest({ ...header, ...signedByWitnesses([...hall.members.keys()], signatures) }));
    expect(await hall.target.log.next('refused')).toMatchObject({ code: 'consistency-too-few' });
    expect(transcript.of('up', 'unmaskShares', TARGET)).toEqual([]);
    expectNoise(hall, settings);
  });
});
