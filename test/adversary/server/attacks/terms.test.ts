import { describe, expect, it } from 'vitest';
import { termsPair, UNEQUAL } from '../../../../simulations/attacks/differences.ts';
import { LAYOUT } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import { useScenes } from '../scenes.ts';
import { combined, forgetful, refusals, run, sumOf } from '../../../../simulations/attacks/coordinator/sums.ts';

const scene = useScenes();

const HALL = { ...UNEQUAL, seed: 'terms' };

describe('two sums of the same members from one model, the second of which counts fewer examples of the target alone', () => {
  it('are not both opened', async () => {
    const hall = await scene(HALL);
    const { first, second } = termsPair(hall);
    expect((await run(hall, first)).end?.kind).toBe('committed');
    expect((await run(hall, second)).end?.kind).toBe('aborted');
    expect(refusals(hall, hall.members)).toEqual(new Set(['input-changed']));
    // They refuse it before they train or advertise keys.
    for (const member of hall.members)
      expect(hall.coordinator.transcript.of('up', 'advertiseKeys', member)).toHaveLength(1);
  });

  it('are not both opened where the second one is said to be of a training anew', async () => {
    const hall = await scene(HALL);
    const { first, second } = termsPair(hall);
    await run(hall, first);
    expect((await run(hall, { ...second, repeat: 1 })).end?.kind).toBe('aborted');
    expect(refusals(hall, hall.members)).toEqual(new Set(['input-changed']));
  });

  it('differ by the target’s update, which is RECOVERED where members forget on what terms they sent it', async () => {
    const hall = await scene({ ...HALL, consent: forgetful });
    const { first, second } = termsPair(hall);
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
