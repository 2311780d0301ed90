import { describe, expect, it } from 'vitest';
import { equalSums } from '../../../../simulations/engine/plain-sums.ts';
import { beforePeaks } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import { TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { expectOnlySum, expectRecovered } from '../verdicts.ts';

const scene = useScenes();

describe('a coordinator that follows the protocol, and looks', () => {
  it('gets the exact sum of everybody, and no smaller one with the target in it', async () => {
    const hall = await scene({ seed: 'honest', n: 8 });
    const settings = hall.settings();
    const round = hall.round({}, settings);
    await hall.ends();
    if (round.end?.kind !== 'committed') throw round.end!.error;
    expect(equalSums(beforePeaks(round.end.sum), hall.plainSum(settings, hall.members))).toBe(true);
    expectOnlySum(hall, settings, hall.members);
  });

  it.each([
    ['one accomplice, whom the policy reckons with', [1, 2, 3, 4, 5, 6, 7]],
    ['two, where the policy reckons with one', [1, 2, 3, 4, 7, 8]],
  ])('gets the sum of the honest members and no smaller one, with %s', async (_, honest) => {
    const hall = await scene({ seed: 'accomplices', n: 8, honest });
    const settings = hall.settings();
    hall.round({}, settings);
    expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['committed']));
    expectOnlySum(hall, settings, hall.honest);
  });

  it('RECOVERS the target’s update where more than a third of all are its accomplices: they hold the threshold', async () => {
    const hall = await scene({ seed: 'accomplices', n: 8, honest: [1, 2, 3, 4, 7] });
    const settings = hall.settings();
    hall.round({}, settings);
    expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['committed']));
    expectRecovered(hall, settings);
  });

  it('RECOVERS the target’s update where everybody else is its accomplice: a sum of one input is no secret', async () => {
    const hall = await scene({ seed: 'alone', n: 8, honest: [TARGET] });
    const settings = hall.settings();
    hall.round({}, settings);
    expect(await hall.ends()).toEqual({ [TARGET]: 'committed' });
    expectRecovered(hall, settings);
  });
});
