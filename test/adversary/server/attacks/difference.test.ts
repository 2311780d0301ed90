import { describe, expect, it } from 'vitest';
import { modelFile } from '../../../client/support/rounds.ts';
import { DEFAULT_SUITE } from '../../../../protocol/crypto/suite.ts';
import { memberId } from '../../../../protocol/ids.ts';
import { encodeOutcome } from '../../../../protocol/wire/messages/outcome.ts';
import type { RoundSettings } from '../../../../protocol/wire/settings.ts';
import { rewriting } from '../../../support/lab.ts';
import type { EvilRound, Script } from '../evil-round.ts';
import { SHAPES } from '../perceptron.ts';
import { type Scene, TARGET, useScenes } from '../scene.ts';

const scene = useScenes();

// Seven honest members and an accomplice, who is within the share of a fifth that the default policy reckons with.
const N = 8;
const HONEST = [1, 2, 3, 4, 5, 6, 7];
const ACCOMPLICE = memberId(8);

/** The sum is opened, and the coordinator says that the round was abandoned. */
const abandoned: Script = {
  down: (mail, { context }) =>
    rewriting('outcome', () =>
      encodeOutcome({ suite: DEFAULT_SUITE, context, kind: 'abandoned', code: 'round-abandoned', message: '' }),
    )(mail),
};

/** A round among these members, to its end. */
async function run(hall: Scene, settings: RoundSettings, invited: readonly number[]): Promise<EvilRound> {
  const round = hall.round(abandoned, settings, { invited: invited.map(memberId) });
  await hall.until(() => round.end !== undefined);
  const clients = hall.honest.filter((member) => invited.includes(member)).map((member) => hall.client(member));
  await hall.until(() =>
    clients.every(({ log }) => log.of('invited').length === log.of('refused').length + log.of('abandoned').length),
  );
  return round;
}

function sumOf({ end }: EvilRound): Uint32Array {
  if (end?.kind !== 'committed') throw new Error('the round has no sum');
  return end.sum;
}

/** What is in the one sum and not in the other. */
function difference({ modulusBits }: RoundSettings, a: Uint32Array, b: Uint32Array): Uint32Array {
  return a.map((value, i) => ((value - b[i]) << (32 - modulusBits)) >>> (32 - modulusBits));
}

/** Every honest member that helped to open the first sum refuses the second one, and nothing is opened. */
function expectRefused(hall: Scene, round: EvilRound): void {
  expect(round.end?.kind).toBe('aborted');
  const invited = hall.honest.filter((member) => hall.client(member).log.of('invited').length === 2);
  for (const member of invited)
    expect(hall.client(member).log.of('refused')).toMatchObject([{ code: 'cohort-too-similar' }]);
}

const without = (member: number): number[] => [1, 2, 3, 4, 5, 6, 7].filter((one) => one !== member);

describe('two sums from one model, the first of which was called abandoned, are not both opened', () => {
  it('where the second one lacks the target', async () => {
    const hall = await scene({ seed: 'repeat', n: N, honest: HONEST });
    expect((await run(hall, hall.settings(), HONEST)).end?.kind).toBe('committed');
    expectRefused(hall, await run(hall, hall.settings(), without(TARGET)));
  });

  it('where the second one lacks the target and is of a task of another name', async () => {
    const hall = await scene({ seed: 'other name', n: N, honest: HONEST });
    expect((await run(hall, hall.settings(), HONEST)).end?.kind).toBe('committed');
    expectRefused(hall, await run(hall, hall.settings({ task: 'numbers' }), without(TARGET)));
  });

  it('where an accomplice stands in the target’s place in the second one, so that two members differ', async () => {
    const hall = await scene({ seed: 'stand-in', n: N, honest: HONEST });
    expect((await run(hall, hall.settings(), HONEST)).end?.kind).toBe('committed');
    expectRefused(hall, await run(hall, hall.settings(), [...without(TARGET), ACCOMPLICE]));
  });

  it('and with a policy that asks for no difference their difference RECOVERS the target’s update', async () => {
    const hall = await scene({ seed: 'no difference', n: N, honest: HONEST, policy: { repeatDifference: 0 } });
    const settings = hall.settings();
    const first = await run(hall, settings, HONEST);
    const second = await run(hall, hall.settings(), [...without(TARGET), ACCOMPLICE]);
    const known = hall.coordinator.transcript.inputs.get(ACCOMPLICE)!;
    const found = difference(
      settings,
      difference(settings, sumOf(first), sumOf(second)),
      known.map((value) => -value),
    );
    expect(found).toEqual(hall.truth(settings));
  });
});

describe('two sums from models that differ in one bit', () => {
  /** Zeros with a sign: another file and hash, and the same updates. */
  const signed = ({ coordinator }: Scene): Uint8Array => coordinator.publish(modelFile(-0, SHAPES));

  it('RECOVER the target’s update under the default policy, which tells repetitions by the model’s hash', async () => {
    const hall = await scene({ seed: 'signed zeros', n: N, honest: HONEST });
    const settings = hall.settings();
    const first = await run(hall, settings, HONEST);
    const second = await run(hall, hall.settings({ modelHash: signed(hall) }), without(TARGET));
    expect(difference(settings, sumOf(first), sumOf(second))).toEqual(hall.truth(settings));
  });

  it('are not both opened under a policy that asks any two sums to differ', async () => {
    const hall = await scene({ seed: 'any two', n: N, honest: HONEST, policy: { leastDifference: 2 } });
    await run(hall, hall.settings(), HONEST);
    expectRefused(hall, await run(hall, hall.settings({ modelHash: signed(hall) }), without(TARGET)));
  });
});
