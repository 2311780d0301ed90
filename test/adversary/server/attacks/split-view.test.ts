import { describe, expect, it } from 'vitest';
import { useScenes } from '../scenes.ts';
import { splitRequests, splitView } from '../../../../simulations/attacks/coordinator/split.ts';
import { expectNoise, expectOnlySum, expectRecovered } from '../verdicts.ts';

const scene = useScenes();

// Eight members, of whom six sign: 2·6 > 8 + 3, so that three accomplices are tolerated, and four are not; t = 4.
const N = 8;
const POLICY = { colluding: 0.49 };
const GAMMA = { colludingPpm: 490_000 };

describe('a coordinator that shows two survivor sets, with as many accomplices as are tolerated,', () => {
  it.each([
    ['nobody is told that the target dropped', []],
    ['one is', [1]],
    ['two are', [1, 2]],
  ])('gets the sum of the honest members and nothing less where %s', async (_, blind) => {
    const hall = await scene({ seed: `split ${blind.length}`, n: N, honest: [1, 2, 3, 4, 5], policy: POLICY });
    const settings = hall.settings(GAMMA);
    await splitView(hall, settings, { blind });
    for (const member of blind) expect(hall.client(member).log.of('refused')[0]!.code).toBe('consistency-too-few');
    expectOnlySum(hall, settings, hall.honest);
  });

  it.each([
    ['three of four', [1, 2, 4]],
    ['all', [1, 2, 4, 5]],
  ])('gets the target’s mask secret and no self seed: noise, where %s are told that it dropped', async (_, blind) => {
    const hall = await scene({ seed: `split ${blind.length}`, n: N, honest: [1, 2, 3, 4, 5], policy: POLICY });
    const settings = hall.settings(GAMMA);
    await splitView(hall, settings, { blind });
    expect(hall.target.log.of('refused')[0]!.code).toBe('consistency-too-few');
    expect(hall.attempt()).toMatchObject({ pairMasksLeft: [], selfMaskLeft: true });
    expectNoise(hall, settings);
  });

  it('is found out by everybody if it fills up the signatures with those over the other set', async () => {
    const hall = await scene({ seed: 'split mixed', n: N, honest: [1, 2, 3, 4, 5], policy: POLICY });
    const settings = hall.settings(GAMMA);
    await splitView(hall, settings, { blind: [1, 2], mixed: true });
    for (const member of hall.honest) expect(hall.client(member).log.of('refused')[0]!.code).toBe('consistency-split');
    expect(hall.attempt().loot).toEqual({ key: 3, seed: 3, threshold: 4 });
    expectNoise(hall, settings);
  });
});

describe('beyond what is tolerated', () => {
  it('the same attack RECOVERS the target’s update: four accomplices of eight', async () => {
    const hall = await scene({ seed: 'split beyond', n: N, honest: [1, 2, 3, 4], policy: POLICY });
    const settings = hall.settings(GAMMA);
    await splitView(hall, settings, { blind: [1, 2] });
    expectRecovered(hall, settings);
  });

  it('in a curious round, where nobody signs, it RECOVERS it with two of eight', async () => {
    const hall = await scene({ seed: 'split curious', n: N, honest: [1, 2, 3, 4, 5, 6], adversary: 'curious' });
    const settings = hall.settings();
    await splitRequests(hall, settings, { blind: [1, 2, 4] });
    expectRecovered(hall, settings);
  });
});
