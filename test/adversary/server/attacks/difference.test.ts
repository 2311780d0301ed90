import { describe, expect, it } from 'vitest';
import { constantModel } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import { memberId } from '../../../../protocol/ids.ts';
import type { EvilRound } from '../../../../simulations/attacks/coordinator/evil-round.ts';
import { SHAPES } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { combined, forgetful, refusals, run, sumOf } from '../../../../simulations/attacks/coordinator/sums.ts';

const scene = useScenes();

// Seven honest members and an accomplice, who is within the share of a fifth that the default policy reckons with.
const N = 8;
const HONEST = [1, 2, 3, 4, 5, 6, 7];
const ACCOMPLICE = memberId(8);

const without = (member: number): number[] => HONEST.filter((one) => one !== member);

/** Every honest member that signed the first sum refuses the second one, before it shares its keys, and nothing is opened. */
function expectRefused(hall: Scene, round: EvilRound): void {
  expect(round.end?.kind).toBe('aborted');
  expect(refusals(hall, without(TARGET))).toEqual(new Set(['cohort-too-similar']));
  for (const member of without(TARGET))
    expect(hall.coordinator.transcript.of('up', 'maskedInput', memberId(member))).toHaveLength(1);
}

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

  it('where the second one lacks the target and is said to be of a training anew', async () => {
    const hall = await scene({ seed: 'anew', n: N, honest: HONEST });
    expect((await run(hall, hall.settings(), HONEST)).end?.kind).toBe('committed');
    expectRefused(hall, await run(hall, hall.settings({ repeat: 1 }), without(TARGET)));
  });

  it('where an accomplice stands in the target’s place in the second one, so that two members differ', async () => {
    const hall = await scene({ seed: 'stand-in', n: N, honest: HONEST });
    expect((await run(hall, hall.settings(), HONEST)).end?.kind).toBe('committed');
    expectRefused(hall, await run(hall, hall.settings(), [...without(TARGET), ACCOMPLICE]));
  });

  it('and where members forget what they signed, their difference RECOVERS the target’s update', async () => {
    const hall = await scene({ seed: 'no memory', n: N, honest: HONEST, consent: forgetful });
    const settings = hall.settings();
    const first = await run(hall, settings, HONEST);
    const second = await run(hall, hall.settings(), [...without(TARGET), ACCOMPLICE]);
    const known = hall.coordinator.transcript.inputs.get(ACCOMPLICE)!;
    const found = combined(settings, [1, sumOf(first)], [-1, sumOf(second)], [1, known]);
    expect(found).toEqual(hall.truth(settings));
  });
});

describe('two sums from models that differ by one unit in the last place', () => {
  /** The least number above zero: other values, and the same updates. */
  const moved = ({ coordinator }: Scene): Uint8Array => coordinator.publish(constantModel(2 ** -149, SHAPES));

  it('RECOVER the target’s update under the default policy, which knows a model by its values', async () => {
    const hall = await scene({ seed: 'one unit', n: N, honest: HONEST });
    const settings = hall.settings();
    const first = await run(hall, settings, HONEST);
    const second = await run(hall, hall.settings({ modelHash: moved(hall) }), without(TARGET));
    expect(combined(settings, [1, sumOf(first)], [-1, sumOf(second)])).toEqual(hall.truth(settings));
  });

  it.each(['digits', 'numbers'])(
    'are not both opened under a policy that asks any two to differ: task %s',
    async (task) => {
      const hall = await scene({ seed: 'any two', n: N, honest: HONEST, policy: { minCohortDifference: 2 } });
      await run(hall, hall.settings(), HONEST);
      const second = await run(hall, hall.settings({ modelHash: moved(hall), task }), without(TARGET));
      expect(second.end?.kind).toBe('aborted');
      expect(refusals(hall, without(TARGET))).toEqual(new Set(['cohort-too-similar']));
      expect(hall.coordinator.transcript.of('up', 'consistency', memberId(1))).toHaveLength(1);
    },
  );

  it('are two at most in a day where the coordinator says that it has moved the model', async () => {
    const hall = await scene({ seed: 'rebases', n: N, honest: HONEST });
    const models = [1, 2, 3].map((i) => hall.coordinator.publish(constantModel(i * 2 ** -149, SHAPES)));
    const ends = [];
    for (const [i, modelHash] of models.entries())
      ends.push((await run(hall, hall.settings({ modelHash, rebases: i + 1 }), HONEST)).end?.kind);
    expect(ends).toEqual(['committed', 'committed', 'aborted']);
    expect(refusals(hall, HONEST)).toEqual(new Set(['rebase-refused']));
  });
});
