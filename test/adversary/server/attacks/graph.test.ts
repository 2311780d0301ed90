import { describe, expect, it } from 'vitest';
import { clientIndex } from '../../../../protocol/ids.ts';
import { grind, RING } from '../../../../simulations/attacks/rings.ts';
import { provenRosterAs } from '../../../../simulations/attacks/open-round/cheats.ts';
import { towards } from '../forged.ts';
import { TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { indexOf } from '../../../../simulations/attacks/coordinator/split.ts';
import { expectNoInput, expectOnlySum, expectRecovered } from '../verdicts.ts';

const scene = useScenes();

// Twelve members on a ring of degree 4 with t = 4, which is sound against one accomplice.
const N = 12;
const POLICY = { colluding: 0.09 };

describe('on a ring', () => {
  it('a coordinator that only looks gets the sum of everybody but its accomplice', async () => {
    const honest = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    const hall = await scene({ seed: 'ring', n: N, honest, policy: POLICY });
    const settings = hall.settings(RING);
    hall.round({}, settings);
    expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['committed']));
    expect(hall.attempt().loot).toMatchObject({ threshold: 4 });
    expectOnlySum(hall, settings, hall.honest);
  });

  it('one that chooses the target’s neighbours is refused, although each of them is proven to be in the roster', async () => {
    const hall = await scene({ seed: 'chosen', n: N, honest: [1, 2, 3, 4, 5, 6, 7, 8], policy: POLICY });
    const chosen = [TARGET, ...hall.accomplices].map((member) => indexOf(hall, member));
    const round = hall.round(
      {
        down: (mail, { state }) => {
          if (!('facts' in state)) return [mail];
          const { roster, tree } = state.facts;
          const members = chosen.map((index) => ({
            index: clientIndex(index),
            advertisement: roster[index]!,
            proof: tree.proof(index),
          }));
          return towards(
            TARGET,
            provenRosterAs((_, body) => ({ body: { ...body, members } })),
          )(mail);
        },
      },
      hall.settings(RING),
    );
    expect(await hall.target.log.next('refused')).toMatchObject({ code: 'roster-not-neighbours' });
    expect(round.end).toBeUndefined();
    expectNoInput(hall);
  });
});

describe('grinding of the ring, with four accomplices of twelve where one is reckoned with,', () => {
  it('RECOVERS the target’s update after some hundred draws: the share of accomplices is what all rests on', async () => {
    const hall = await scene({ seed: 'grinding', n: N, honest: [1, 2, 3, 4, 5, 6, 7, 8], policy: POLICY });
    const settings = hall.settings(RING);
    expect(await grind(hall, settings)).toBeGreaterThan(10);
    expectRecovered(hall, settings);
  });
});
