import { describe, expect, it } from 'vitest';
import { bitmapOf } from '../../../../protocol/wire/bitmap.ts';
import {
  decodeUnmaskRequest,
  encodeUnmaskRequest,
  type UnmaskRequest,
} from '../../../../protocol/schemes/secagg/messages/unmask-request.ts';
import { decodeSurvivors, encodeSurvivors } from '../../../../protocol/schemes/secagg/messages/survivors.ts';
import { type Mail, type Rewrite } from '../../../../simulations/attacks/open-round/lab.ts';
import { messageName } from '../../../../protocol/wire/header.ts';
import type { ErrorCode } from '../../../../protocol/errors.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { indexOf } from '../../../../simulations/attacks/coordinator/split.ts';
import { expectOnlySum } from '../verdicts.ts';

const scene = useScenes();

const N = 7;

/** Adds messages to those of one name. */
const adding =
  (name: string, others: (bytes: Uint8Array, mail: Mail) => readonly Uint8Array[], first: boolean): Rewrite =>
  (mail) => {
    if (messageName(mail.bytes) !== name) return [mail];
    const added = others(mail.bytes, mail).map((bytes) => ({ ...mail, bytes }));
    return first ? [...added, mail] : [mail, ...added];
  };

/** The request that asks for the other secret of the target. */
function other(hall: Scene, bytes: Uint8Array, change: Partial<UnmaskRequest> = {}): Uint8Array {
  const without = hall.members.map((_, index) => index).filter((index) => index !== indexOf(hall, TARGET));
  return encodeUnmaskRequest({ ...decodeUnmaskRequest(bytes), survivors: bitmapOf(N, without), ...change });
}

const ignored = (hall: Scene): ReadonlySet<ErrorCode> =>
  new Set(
    hall.honest.flatMap((member) =>
      hall
        .client(member)
        .log.of('ignored')
        .map(({ code }) => code),
    ),
  );

/** Runs a round to its end, in which each honest member reveals its shares once and the attacker gets the sum alone. */
async function oneAnswerEach(hall: Scene, down: Rewrite): Promise<void> {
  const settings = hall.settings();
  hall.round({ down }, settings);
  expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['committed']));
  for (const member of hall.honest)
    expect(hall.coordinator.transcript.of('up', 'unmaskShares', member)).toHaveLength(1);
  expectOnlySum(hall, settings, hall.honest);
}

describe.each(['active', 'curious'] as const)('both shares of one member, in a round of class %s,', (adversary) => {
  const start = (): Promise<Scene> => scene({ seed: `both ${adversary}`, n: N, honest: [1, 2, 3, 4, 5, 6], adversary });

  it('cannot be asked for in one request: two sets in one message are not read', async () => {
    const hall = await start();
    const twoSets = (bytes: Uint8Array): Uint8Array => {
      const { survivors } = decodeUnmaskRequest(bytes);
      return Uint8Array.of(...bytes, ...survivors.map((byte) => byte ^ (1 << indexOf(hall, TARGET))));
    };
    await oneAnswerEach(
      hall,
      adding('unmaskRequest', (bytes) => [twoSets(bytes)], true),
    );
    expect(ignored(hall)).toEqual(new Set(['wire-trailing']));
  });

  it('are not revealed over two requests: the second one is refused, and there is nothing left to reveal', async () => {
    const hall = await start();
    await oneAnswerEach(
      hall,
      adding('unmaskRequest', (bytes) => [bytes, other(hall, bytes)], false),
    );
    expect(ignored(hall)).toEqual(new Set(['unmask-twice']));
  });

  it('are not revealed to a second request over another connection', async () => {
    const hall = await start();
    const settings = hall.settings();
    const requests = new Map<number, Uint8Array>();
    const round = hall.round(
      {
        down: (mail) => {
          if (messageName(mail.bytes) === 'unmaskRequest') requests.set(mail.member, mail.bytes);
          return messageName(mail.bytes) === 'outcome' ? [] : [mail];
        },
      },
      settings,
    );
    await hall.until(() => round.end !== undefined);
    for (const member of hall.honest) {
      const { log } = hall.client(member);
      hall.coordinator.cut(member);
      await log.next('connected', 2);
      round.send(member, other(hall, requests.get(member)!));
      expect(await log.next('ignored')).toMatchObject({ code: 'unmask-twice' });
    }
    expectOnlySum(hall, settings, hall.honest);
  });
});

describe('two signatures of one member', () => {
  it('are not given: the second survivor set is refused, and the first one holds', async () => {
    const hall = await scene({ seed: 'two sets', n: N, honest: [1, 2, 3, 4, 5, 6] });
    const without = (bytes: Uint8Array): Uint8Array =>
      encodeSurvivors({ ...decodeSurvivors(bytes), survivors: bitmapOf(N, [0, 1, 3, 4, 5, 6]) });
    const { transcript } = hall.coordinator;
    await oneAnswerEach(
      hall,
      adding('survivors', (bytes) => [without(bytes)], false),
    );
    expect(ignored(hall)).toEqual(new Set(['wrong-state']));
    for (const member of hall.honest) expect(transcript.of('up', 'consistency', member)).toHaveLength(1);
  });
});
