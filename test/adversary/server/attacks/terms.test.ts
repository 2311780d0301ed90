import { describe, expect, it } from 'vitest';
import type { RoundSettings } from '../../../../protocol/wire/settings.ts';
import { EXAMPLES, LAYOUT } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import { type Scene, type SceneOptions, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { combined, forgetful, refusals, run, sumOf } from '../../../../simulations/attacks/coordinator/sums.ts';

const scene = useScenes();

// Seven honest members and no accomplice; the target has more examples than the others.
const FEW = EXAMPLES / 2;
const HALL: SceneOptions = {
  seed: 'terms',
  n: 7,
  examples: Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((member) => [member, member === TARGET ? EXAMPLES : FEW])),
};

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
    expect(refusals(hall, hall.members)).toEqual(new Set(['input-changed']));
    // They refuse it before they train or advertise keys.
    for (const member of hall.members)
      expect(hall.coordinator.transcript.of('up', 'advertiseKeys', member)).toHaveLength(1);
  });

  it('are not both opened where the second one is said to be of a training anew', async () => {
    const hall = await scene(HALL);
    const { first, second } = pair(hall);
    await run(hall, first);
    expect((await run(hall, { ...second, repeat: 1 })).end?.kind).toBe('aborted');
    expect(refusals(hall, hall.members)).toEqual(new Set(['input-changed']));
  });

  it('differ by the target’s update, which is RECOVERED where members forget on what terms they sent it', async () => {
    const hall = await scene({ ...HALL, consent: forgetful });
    const { first, second } = pair(hall);
    const [high, low] = [sumOf(await run(hall, first)), sumOf(await run(hall, second))];
    const found = combined(second, [1, high], [-1, low]);
    expect(found.subarray(0, LAYOUT.size)).toEqual(hall.truth(second).subarray(0, LAYOUT.size));
  });

  it('are both opened where the terms are the same: then the second one tells nothing new', async () => {
    const hall = await scene(HALL);
    const first = await run(hall, hall.settings());
    const whole = hall.settings({ minCohort: hall.members.length });
    expect(sumOf(await run(hall, whole))).toEqual(sumOf(first));
  });
});
