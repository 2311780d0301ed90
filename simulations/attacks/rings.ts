import { MerkleTree } from '../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import type { MemberId } from '../../protocol/ids.ts';
import {
  decodeAdvertiseKeys,
  rosterLeaf,
  sessionGraph,
  sessionIdOf,
  sessionParameters,
} from '../../protocol/schemes/secagg/index.ts';
import { messageName, type RoundSettings } from '../../protocol/wire/index.ts';
import type { Attack } from './attack.ts';
import type { EvilRound } from './coordinator/evil-round.ts';
import { type Scene, TARGET } from './coordinator/scene.ts';
import { indexOf } from './coordinator/split.ts';
import { outcomeOf, withScene } from './coordinator/with-scene.ts';
import type { Mail } from './open-round/lab.ts';

/** Settings of a ring of degree 4 with t = 4 among twelve members, which is sound against one accomplice. */
export const RING = { graph: 'ring', colludingPpm: 90_000, dropoutPpm: 0 } as const;

/** The target's neighbours if the roster consists of these advertisements. */
function neighboursOf(hall: Scene, settings: RoundSettings, context: Uint8Array, mails: readonly Mail[]): MemberId[] {
  const sorted = [...mails].sort((a, b) => a.member - b.member);
  const leaves = sorted.map(({ bytes }) => rosterLeaf(nodePrimitives, decodeAdvertiseKeys(bytes).advertisement));
  const { root } = new MerkleTree(nodePrimitives, leaves);
  const sessionId = sessionIdOf(nodePrimitives, context, hall.members, root);
  const graph = sessionGraph(nodePrimitives, sessionParameters(settings, hall.members.length), sessionId, root);
  return graph.neighbours(indexOf(hall, TARGET)).map((index) => hall.members[index]!);
}

/**
 * Grinding: the permutation follows from all members' keys, so a coordinator that speaks last makes one accomplice draw
 * new ones until the accomplices surround the target.
 * @returns how often it had to draw, once the target has sent its masked input or has refused
 */
export async function grind(hall: Scene, settings: RoundSettings): Promise<number> {
  const advertised = new Map<MemberId, Mail>();
  const [grinder] = hall.accomplices;
  let draws = 0;
  const suits = (round: EvilRound): boolean => {
    const neighbours = neighboursOf(hall, settings, round.context, [...advertised.values()]);
    return hall.accomplices.every((member) => neighbours.includes(member));
  };
  hall.round(
    {
      up: (mail, attacked) => {
        if (messageName(mail.bytes) !== 'advertiseKeys') return [mail];
        advertised.set(mail.member, mail);
        if (advertised.size < hall.members.length) return [];
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
  const { transcript } = hall.coordinator;
  await hall.until(
    () => transcript.of('up', 'maskedInput', TARGET).length > 0 || hall.target.log.of('refused').length > 0,
  );
  return draws;
}

/** No party chooses the graph, but the one that speaks last can choose among many. */
export const ringGrinding: Attack = {
  name: 'ring-grinding',
  title: 'has an accomplice draw keys until the accomplices are the target’s neighbours on the ring',
  attacker: 'the coordinator, with four of twelve members on its side',
  source: 'docs/protocol.md §6.1; Bell et al., CCS 2020',
  protection: 'each client derives degree and threshold from its own share of colluding members',
  without: 'a policy that assumes one accomplice of twelve',
  run: ({ protected: safe, seed, signal }) => {
    const policy = { colluding: safe ? 0.34 : 0.09 };
    const scene = { seed: `grinding ${seed}`, n: 12, honest: [1, 2, 3, 4, 5, 6, 7, 8], policy };
    return withScene(scene, signal, async (hall) => {
      const settings = hall.settings(RING);
      const draws = await grind(hall, settings);
      const outcome = outcomeOf(hall, settings);
      return { ...outcome, figures: { ...outcome.figures, draws } };
    });
  },
};
