import { describe, expect, it } from 'vitest';
import type { SceneClient } from '../../../../simulations/attacks/coordinator/scene.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { type MessageName, messageName } from '../../../../protocol/wire/header.ts';
import { encodeOutcome } from '../../../../protocol/wire/messages/outcome.ts';
import { decodeAbort } from '../../../../protocol/wire/messages/abort.ts';
import { DEFAULT_SUITE } from '../../../../protocol/crypto/suite.ts';
import type { RoundSettings } from '../../../../protocol/wire/settings.ts';
import { expectNoInput, expectNoise, expectOnlySum } from '../verdicts.ts';

const scene = useScenes();

const N = 6;
const HONEST = [1, 2, 3, 4, 5];

type State = 'advertise-keys' | 'share-keys' | 'consistency-check' | 'unmasking' | 'done';

/** What never comes, the state in which it is waited for, what was said last, and what the attacker has then. */
const WITHHELD: readonly [MessageName, State, MessageName, (hall: Scene, settings: RoundSettings) => void][] = [
  ['roster', 'advertise-keys', 'advertiseKeys', expectNoInput],
  ['routedShares', 'share-keys', 'shareKeys', expectNoInput],
  ['survivors', 'consistency-check', 'maskedInput', expectNoise],
  ['unmaskRequest', 'unmasking', 'consistency', expectNoise],
  ['outcome', 'done', 'unmaskShares', (hall, settings) => expectOnlySum(hall, settings, hall.honest)],
];

/** Runs a round in which nobody ever gets the message of this name, up to where everybody waits for it. */
async function withheld(hall: Scene, name: MessageName, said: MessageName): Promise<RoundSettings> {
  const settings = hall.settings();
  hall.round({ down: (mail) => (messageName(mail.bytes) === name ? [] : [mail]) }, settings);
  await hall.until(() => hall.coordinator.transcript.of('up', said).length === N);
  return settings;
}

const isUsed = (draw: Uint8Array): boolean => draw.some((byte) => byte !== 0);

/** Every draw of a client's randomness is in memory that was zeroed since: keys, seeds, polynomials and rounding. */
function expectWiped({ draws }: SceneClient): void {
  expect(draws.length).toBeGreaterThan(1);
  expect(draws.filter(isUsed)).toEqual([]);
}

// A client has no deadline of its own while it waits for the coordinator: it cannot know how slow the others are, and
// what it waits with is worth nothing to the coordinator until it answers. These tests show what ends the wait.
describe.each(WITHHELD)('where the %s never comes, the target waits in %s and', (name, state, said, expectVerdict) => {
  it('reveals nothing by it; when it is told to leave it says no more than that, and its secrets are wiped', async () => {
    const hall = await scene({ seed: 'withheld', n: N, honest: HONEST });
    const settings = await withheld(hall, name, said);
    const { target } = hall;
    const { transcript } = hall.coordinator;
    expect(target.log.of('state').at(-1)).toMatchObject({ state });
    // Once its input is masked it holds nothing of its own any more, only shares.
    expect(target.draws.some(isUsed)).toBe(state === 'advertise-keys' || state === 'share-keys');
    expectVerdict(hall, settings);
    const before = transcript.passed.length;
    await target.participation.leave();
    const goodbye = transcript.passed.slice(before).map(({ bytes }) => decodeAbort(bytes).code);
    expect(goodbye).toEqual(state === 'done' ? [] : ['member-left']);
    expectWiped(target);
    expectVerdict(hall, settings);
  });

  it('gives the round up when another one of its task begins, and wipes the old one’s secrets', async () => {
    const hall = await scene({ seed: 'withheld and next', n: N, honest: HONEST });
    const settings = await withheld(hall, name, said);
    const { target } = hall;
    const old = [...target.draws];
    hall.invite(hall.settings());
    await target.log.next('invited', 2);
    expectWiped({ ...target, draws: old });
    expectVerdict(hall, settings);
  });
});

describe('an outcome that is a lie', () => {
  it('of an update that was never sent is not believed, and the round goes on', async () => {
    const hall = await scene({ seed: 'early outcome', n: N, honest: HONEST });
    const settings = hall.settings();
    hall.round(
      {
        down: (mail, { context }) => {
          if (!['roster', 'routedShares'].includes(messageName(mail.bytes))) return [mail];
          const lie = { suite: DEFAULT_SUITE, context, kind: 'committed', included: true } as const;
          return [{ ...mail, bytes: encodeOutcome({ ...lie, modelHash: new Uint8Array(32) }) }, mail];
        },
      },
      settings,
    );
    expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['committed']));
    expect(hall.target.log.of('ignored').map(({ code }) => code)).toEqual(['wrong-state', 'wrong-state']);
    expectOnlySum(hall, settings, hall.honest);
  });

  it.each(['committed', 'abandoned'] as const)(
    'of a masked input, said to be %s before anything was opened, leaves the attacker with noise',
    async (kind) => {
      const hall = await scene({ seed: 'false outcome', n: N, honest: HONEST });
      const settings = hall.settings();
      hall.round(
        {
          down: (mail, { context }) => {
            if (messageName(mail.bytes) !== 'survivors') return [mail];
            const header = { suite: DEFAULT_SUITE, context };
            const lie =
              kind === 'committed'
                ? ({ ...header, kind, included: true, modelHash: new Uint8Array(32) } as const)
                : ({ ...header, kind, code: 'round-abandoned', message: '' } as const);
            return [{ ...mail, bytes: encodeOutcome(lie) }, mail];
          },
        },
        settings,
      );
      await hall.target.log.next(kind);
      expect(hall.coordinator.transcript.of('up', 'consistency', TARGET)).toEqual([]);
      expectWiped(hall.target);
      expectNoise(hall, settings);
    },
  );
});
