import { describe, expect, it } from 'vitest';
import { CUT_HONEST, CUT_POLICY, CUT_RING, cutRing } from '../../../../simulations/attacks/ring-cuts.ts';
import { useScenes } from '../scenes.ts';
import { expectNoise, expectOnlySum } from '../verdicts.ts';

const scene = useScenes();

// One in four or so gives a ring that two drop-outs cut: which ring it is follows from the settings' bytes.
const SEED = 'cut 17';

describe('a coordinator that says of members of its choice that they dropped out', () => {
  it('cannot cut the ring with the accomplices that are tolerated: clients see how few are left at the cuts', async () => {
    const hall = await scene({ seed: SEED, n: 12, honest: CUT_HONEST, policy: CUT_POLICY });
    const settings = hall.settings(CUT_RING);
    const { dropped, joined } = await cutRing(hall, settings);
    expect(dropped).toHaveLength(2);
    expect(joined.length).toBeLessThan(settings.minCohort);
    expect(hall.target.log.of('refused')).toMatchObject([{ code: 'too-few-members' }]);
    expectNoise(hall, settings);
  });

  it('OPENS the sum of fewer than the eight that each asks for, if the policy reckons with no accomplice and there are two', async () => {
    const hall = await scene({ seed: SEED, n: 12, honest: CUT_HONEST, policy: { ...CUT_POLICY, colluding: 0 } });
    const settings = hall.settings(CUT_RING);
    const { joined } = await cutRing(hall, settings);
    // How few, the ring decides, which follows from the settings.
    expect(joined.length).toBeLessThan(settings.minCohort);
    expectOnlySum(hall, settings, joined);
  });
});
