import { describe, expect, it } from 'vitest';
import { sessionGraph, sessionIdOf, sessionParameters } from '../../../../protocol/schemes/secagg/index.ts';
import { rosterLeaf } from '../../../../protocol/schemes/secagg/session-id.ts';
import { MerkleTree } from '../../../../protocol/crypto/merkle.ts';
import { nodePrimitives } from '../../../../protocol/crypto/node/native.ts';
import { clientIndex, type MemberId } from '../../../../protocol/ids.ts';
import { messageName } from '../../../../protocol/wire/header.ts';
import { decodeAdvertiseKeys } from '../../../../protocol/schemes/secagg/messages/advertise-keys.ts';
import type { RoundSettings } from '../../../../protocol/wire/settings.ts';
import { provenRosterAs } from '../../../../simulations/attacks/open-round/cheats.ts';
import type { Mail } from '../../../../simulations/attacks/open-round/lab.ts';
import type { EvilRound } from '../../../../simulations/attacks/coordinator/evil-round.ts';
import { towards } from '../../../../simulations/attacks/coordinator/forged.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { indexOf } from '../../../../simulations/attacks/coordinator/split.ts';
import { expectNoInput, expectOnlySum, expectRecovered } from '../verdicts.ts';

const scene = useScenes();

// Twelve members on a ring of degree 4 with t = 4, which is sound against one accomplice.
const N = 12;
const POLICY = { colluding: 0.09 };
const RING = { graph: 'ring', colludingPpm: 90_000, dropoutPpm: 0 } as const;

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

/** Who stands beside the target if the roster is made of these advertisements. */
function neighboursOf(hall: Scene, settings: RoundSettings, context: Uint8Array, mails: readonly Mail[]): MemberId[] {
  const sorted = [...mails].sort((a, b) => a.member - b.member);
  const leaves = sorted.map(({ bytes }) => rosterLeaf(nodePrimitives, decodeAdvertiseKeys(bytes).advertisement));
  const { root } = new MerkleTree(nodePrimitives, leaves);
  const sessionId = sessionIdOf(nodePrimitives, context, hall.members, root);
  const graph = sessionGraph(nodePrimitives, sessionParameters(settings, N), sessionId, root);
  return graph.neighbours(indexOf(hall, TARGET)).map((index) => hall.members[index]!);
}

/**
 * Grinding: the permutation follows from everybody's keys, so a coordinator that speaks last has one accomplice draw new
 * ones until the accomplices stand around the target.
 * @returns how often it had to draw
 */
async function grind(hall: Scene, settings: RoundSettings): Promise<number> {
  const advertised = new Map<MemberId, Mail>();
  const [grinder] = hall.accomplices;
  let draws = 0;
  const suits = (round: EvilRound): boolean =>
    hall.accomplices.every((member) =>
      neighboursOf(hall, settings, round.context, [...advertised.values()]).includes(member),
    );
  const round = hall.round(
    {
      up: (mail, attacked) => {
        if (messageName(mail.bytes) !== 'advertiseKeys') return [mail];
        advertised.set(mail.member, mail);
        if (advertised.size < N) return [];
        for (; !suits(attacked); draws++) {
          const again = hall.accomplice(grinder!, {
            fromAccomplice: (member, bytes) => void advertised.set(member, { member, bytes }),
          });
          again.handle(hall.coordinator.transcript.of('down', 'invitation', grinder)[0]!);
        }
        return [...advertised.values()];
      },
    },
    settings,
  );
  await hall.until(() => hall.coordinator.transcript.of('up', 'maskedInput', TARGET).length > 0);
  expect(round.state.name).not.toBe('advertise-keys');
  return draws;
}

describe('grinding of the ring, with four accomplices of twelve where one is reckoned with,', () => {
  it('RECOVERS the target’s update after some hundred draws: the share of accomplices is what all rests on', async () => {
    const hall = await scene({ seed: 'grinding', n: N, honest: [1, 2, 3, 4, 5, 6, 7, 8], policy: POLICY });
    const settings = hall.settings(RING);
    expect(await grind(hall, settings)).toBeGreaterThan(10);
    expectRecovered(hall, settings);
  });
});
