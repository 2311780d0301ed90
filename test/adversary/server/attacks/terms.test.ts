import { describe, expect, it } from 'vitest';
import { DEFAULT_SUITE } from '../../../../protocol/crypto/suite.ts';
import { encodeOutcome } from '../../../../protocol/wire/messages/outcome.ts';
import type { RoundSettings } from '../../../../protocol/wire/settings.ts';
import { rewriting } from '../../../support/lab.ts';
import type { EvilRound, Script } from '../evil-round.ts';
import { EXAMPLES, LAYOUT } from '../perceptron.ts';
import { type Scene, type SceneOptions, TARGET, useScenes } from '../scene.ts';

const scene = useScenes();

// Seven honest members and no accomplice; the target has more examples than the others.
const FEW = EXAMPLES / 2;
const HALL: SceneOptions = {
  seed: 'terms',
  n: 7,
  examples: Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((member) => [member, member === TARGET ? EXAMPLES : FEW])),
};

/** The sum is opened, and the coordinator says that the round was abandoned. */
const abandoned: Script = {
  down: (mail, { context }) =>
    rewriting('outcome', () =>
      encodeOutcome({ suite: DEFAULT_SUITE, context, kind: 'abandoned', code: 'round-abandoned', message: '' }),
    )(mail),
};

async function run(hall: Scene, settings: RoundSettings): Promise<EvilRound> {
  const round = hall.round(abandoned, settings);
  await hall.until(() => round.end !== undefined);
  await hall.until(() =>
    [...hall.clients.values()].every(
      ({ log }) => log.of('invited').length === log.of('refused').length + log.of('abandoned').length,
    ),
  );
  return round;
}

function sumOf({ end }: EvilRound): Uint32Array {
  if (end?.kind !== 'committed') throw new Error('the round has no sum');
  return end.sum;
}

/**
 * Two rounds of which the second one counts no more examples than the others have: the weight of the target falls to
 * theirs. With half the clip every other input is the same number in both, and the target's twice as much in the first.
 */
function pair(hall: Scene): { readonly first: RoundSettings; readonly second: RoundSettings } {
  const second = hall.settings({ maxExamples: FEW });
  return { first: hall.settings({ maxExamples: EXAMPLES, clip: second.clip / 2 }), second };
}

describe('two sums of the same members from one model, the second of which counts fewer examples of the target alone', () => {
  it('are not both opened', async () => {
    const hall = await scene(HALL);
    const { first, second } = pair(hall);
    expect((await run(hall, first)).end?.kind).toBe('committed');
    expect((await run(hall, second)).end?.kind).toBe('aborted');
    for (const { log } of hall.clients.values())
      expect(log.of('refused')).toMatchObject([{ code: 'cohort-too-similar' }]);
  });

  it('differ by the target’s update, which a policy that asks for no difference RECOVERS', async () => {
    const hall = await scene({ ...HALL, policy: { repeatDifference: 0 } });
    const { first, second } = pair(hall);
    const [high, low] = [sumOf(await run(hall, first)), sumOf(await run(hall, second))];
    const unused = 32 - second.modulusBits;
    const found = high.map((value, i) => ((value - low[i]) << unused) >>> unused);
    expect(found.subarray(0, LAYOUT.size)).toEqual(hall.truth(second).subarray(0, LAYOUT.size));
  });

  it('are both opened where the terms are the same: then the second one tells nothing new', async () => {
    const hall = await scene(HALL);
    await run(hall, hall.settings());
    expect((await run(hall, hall.settings())).end?.kind).toBe('committed');
  });
});
