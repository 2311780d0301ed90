import { describe, expect, it } from 'vitest';
import type { ServerParameters } from '../../../../protocol/schemes/secagg/server/index.ts';
import { messageName } from '../../../../protocol/wire/header.ts';
import type { MemberId } from '../../../../protocol/ids.ts';
import type { RoundSettings } from '../../../../protocol/wire/settings.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { indexOf } from '../../../../simulations/attacks/coordinator/split.ts';
import { expectNoise, expectOnlySum } from '../verdicts.ts';

const scene = useScenes();

// Twelve members on a ring of degree 4 with t = 4, which is sound against two accomplices.
const N = 12;
const POLICY = { colluding: 0.17, minCohort: 8 };
const RING = { graph: 'ring', colludingPpm: 170_000, dropoutPpm: 0, minCohort: 8 } as const;
const HONEST = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** A choice of drop-outs, and the honest members in whose sum the target would be with them. */
interface Cut {
  readonly dropped: readonly MemberId[];
  readonly joined: readonly MemberId[];
}

/** Honest survivors that are joined to the target by masks which the attacker does not know. */
function joinedTo(hall: Scene, { graph }: ServerParameters, survivors: ReadonlySet<MemberId>): MemberId[] {
  const joined = new Set([TARGET]);
  for (const member of joined) {
    for (const index of graph.neighbours(indexOf(hall, member))) {
      const neighbour = hall.members[index]!;
      if (survivors.has(neighbour) && hall.honest.includes(neighbour)) joined.add(neighbour);
    }
  }
  return [...joined].sort((a, b) => a - b);
}

/**
 * Of all pairs of honest members, those without whom the target is in the smallest sum: every survivor still knows as many
 * others as the threshold asks, and the mask secrets of the two can be opened.
 */
function bestCut(hall: Scene, facts: ServerParameters): Cut {
  const { graph, parameters } = facts;
  const others = hall.honest.filter((member) => member !== TARGET);
  let best: Cut = { dropped: [], joined: joinedTo(hall, facts, new Set(hall.members)) };
  for (const first of others) {
    for (const second of others.filter((member) => member > first)) {
      const dropped = [first, second];
      const survivors = new Set(hall.members.filter((member) => !dropped.includes(member)));
      const open = hall.members.every((member) => {
        const holders = graph.holders(indexOf(hall, member)).filter((index) => survivors.has(hall.members[index]!));
        return holders.length >= parameters.threshold;
      });
      const joined = joinedTo(hall, facts, survivors);
      if (open && joined.length < best.joined.length) best = { dropped, joined };
    }
  }
  return best;
}

/** Has those drop out, by keeping back their masked inputs. */
async function attack(hall: Scene, settings: RoundSettings): Promise<Cut> {
  let found: Cut | undefined;
  const round = hall.round(
    {
      up: (mail, { state }) => {
        if (messageName(mail.bytes) !== 'maskedInput' || !('facts' in state)) return [mail];
        found ??= bestCut(hall, state.facts);
        return found.dropped.includes(mail.member) ? [] : [mail];
      },
    },
    settings,
  );
  await hall.until(() => hall.coordinator.transcript.of('up', 'maskedInput').length === N);
  const { dropped, joined } = found!;
  for (const member of dropped) round.input({ kind: 'leave', member, reason: 'deadline-missed' });
  await hall.ends(hall.honest.filter((member) => !dropped.includes(member)));
  return { dropped, joined };
}

// One in four or so gives a ring that two drop-outs cut: which ring it is follows from the settings' bytes.
const SEED = 'cut 17';

describe('a coordinator that says of members of its choice that they dropped out', () => {
  it('cannot cut the ring with the accomplices that are tolerated: clients see how few are left at the cuts', async () => {
    const hall = await scene({ seed: SEED, n: N, honest: HONEST, policy: POLICY });
    const settings = hall.settings(RING);
    const { dropped, joined } = await attack(hall, settings);
    expect(dropped).toHaveLength(2);
    expect(joined.length).toBeLessThan(settings.minCohort);
    expect(hall.target.log.of('refused')).toMatchObject([{ code: 'too-few-members' }]);
    expectNoise(hall, settings);
  });

  it('OPENS the sum of fewer than the eight that each asks for, if the policy reckons with no accomplice and there are two', async () => {
    const hall = await scene({ seed: SEED, n: N, honest: HONEST, policy: { ...POLICY, colluding: 0 } });
    const settings = hall.settings(RING);
    const { joined } = await attack(hall, settings);
    // How few, the ring decides, which follows from the settings.
    expect(joined.length).toBeLessThan(settings.minCohort);
    expectOnlySum(hall, settings, joined);
  });
});
