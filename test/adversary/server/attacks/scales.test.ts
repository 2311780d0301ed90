import { describe, expect, it } from 'vitest';
import { messageName } from '../../../../protocol/wire/header.ts';
import type { RoundSettings } from '../../../../protocol/wire/settings.ts';
import { constantModel } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import type { Script } from '../../../../simulations/attacks/coordinator/evil-round.ts';
import { EXAMPLES, LAYOUT, SHAPES } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import { type Scene, type SceneOptions, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { abandoned, combined, refusals, run, sumOf } from '../../../../simulations/attacks/coordinator/sums.ts';

const scene = useScenes();

// Seven honest members and no accomplice; the target has more examples than the others.
const FEW = EXAMPLES / 2;
const HALL: SceneOptions = {
  seed: 'scales',
  n: 7,
  examples: Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((member) => [member, member === TARGET ? EXAMPLES : FEW])),
};

/**
 * Two rounds from models that differ by one unit in the last place; the second counts no more examples than the others
 * have. Twice the first sum without the second is what the target's weight fell by.
 */
function pair(hall: Scene): { readonly first: RoundSettings; readonly second: RoundSettings } {
  const modelHash = hall.coordinator.publish(constantModel(2 ** -149, SHAPES));
  // On a clip of half a unit's grid all weights are exact in both.
  const { clip } = hall.settings();
  return {
    first: hall.settings({ clip: clip / 2, maxExamples: EXAMPLES }),
    second: hall.settings({ clip: clip / 2, maxExamples: FEW, modelHash }),
  };
}

/** The target is shown no survivors, and is gone for the others from then on. */
const withheld: Script = {
  down: (mail, round) => {
    if (mail.member !== TARGET || messageName(mail.bytes) !== 'survivors') return abandoned.down!(mail, round);
    setImmediate(() => round.input({ kind: 'leave', member: TARGET, reason: 'deadline-missed' }));
    return [];
  },
};

describe('two sums of the same members from nearly the same model, the second of which cuts the target alone', () => {
  it('RECOVER the target’s update under the default policy', async () => {
    const hall = await scene(HALL);
    const { first, second } = pair(hall);
    const [high, low] = [sumOf(await run(hall, first)), sumOf(await run(hall, second))];
    const found = combined(second, [2, high], [-1, low]);
    expect(found.subarray(0, LAYOUT.size)).toEqual(hall.truth(second).subarray(0, LAYOUT.size));
  });

  it.each([
    ['', abandoned],
    [', and is not shown the set of the first to sign', withheld],
  ])('are not both opened under a policy that asks any two to differ%s', async (_, script) => {
    const hall = await scene({ ...HALL, policy: { minCohortDifference: 2 } });
    const { first, second } = pair(hall);
    expect((await run(hall, first, hall.members, script)).end?.kind).toBe('committed');
    // Two thirds sign without the target, as its input is on its way before it could refuse to: so all have to refuse.
    expect((await run(hall, second)).end?.kind).toBe('aborted');
    const others = hall.members.filter((member) => member !== TARGET);
    expect(refusals(hall, others)).toEqual(new Set(['cohort-too-similar']));
  });
});
