import type { ServerParameters } from '../../protocol/schemes/secagg/index.ts';
import { messageName, type RoundSettings } from '../../protocol/wire/index.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { equalSums } from '../engine/sums.ts';
import { type Attack, type AttackOutcome, namedCodes } from './attack.ts';
import { beforePeaks } from './coordinator/perceptron.ts';
import { type Scene, TARGET } from './coordinator/scene.ts';
import { indexOf } from './coordinator/split.ts';
import { refusalCodes, withScene } from './coordinator/with-scene.ts';

const N = 12;
/** Each member's policy. */
export const CUT_POLICY = { colluding: 0.17, minCohort: 8 };
/** A ring of degree 4 with t = 4 among twelve members, which is sound against two accomplices. */
export const CUT_RING = { graph: 'ring', colludingPpm: 170_000, dropoutPpm: 0, minCohort: 8 } as const;
/** All but the two accomplices. */
export const CUT_HONEST = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** A choice of drop-outs, and the honest members that would be in a sum with the target. */
interface Cut {
  readonly dropped: readonly MemberId[];
  readonly joined: readonly MemberId[];
}

/** Honest survivors that are joined to the target by masks unknown to the attacker. */
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
 * Of all pairs of honest members, the one whose absence leaves the target in the smallest sum: every survivor still
 * knows as many others as the threshold requires, and the mask secrets of the pair can be opened.
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

/** Makes the pair drop out, by withholding their masked inputs. */
export async function cutRing(hall: Scene, settings: RoundSettings): Promise<Cut> {
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

/** Maximum rings to try until one can be cut: about one in four can. */
const MAX_RINGS = 64;

/** Sums within sums: a ring falls apart into them when the right members are missing. */
export const ringCuts: Attack = {
  name: 'ring-cuts',
  title: 'claims that two members of its choice dropped out, so that the ring falls apart around the target',
  attacker: 'the coordinator, with two of twelve members on its side',
  source: 'docs/decisions/0061-audit-two-cuts-of-a-ring.md; after Bell et al., CCS 2020',
  protection: 'a client counts, for its own share of colluding members, how many members remain between any two cuts',
  without: 'a policy that assumes no accomplice',
  run: async ({ protected: safe, seed, signal }) => {
    for (let ring = 1; ; ring++) {
      const outcome = await attempt(ring, false, seed, signal);
      // With the protection it is tried on the first ring on which it succeeds without.
      if (outcome.succeeded && safe) return attempt(ring, true, seed, signal);
      if (outcome.succeeded || ring === MAX_RINGS) return outcome;
    }
  },
};

/** The attack on one ring. */
function attempt(ring: number, safe: boolean, seed: number, signal?: AbortSignal): Promise<AttackOutcome> {
  const policy = safe ? CUT_POLICY : { ...CUT_POLICY, colluding: 0 };
  const { minCohort } = CUT_POLICY;
  return withScene({ seed: `cut ${seed} ${ring}`, n: N, honest: CUT_HONEST, policy }, signal, async (hall) => {
    const settings = hall.settings(CUT_RING);
    await cutRing(hall, settings);
    const { sum } = hall.attempt(settings);
    const figures = { membersInSum: sum?.members.length ?? 0, minCohort, rings: ring };
    const exact = sum !== undefined && equalSums(beforePeaks(sum.values), hall.plainSum(settings, sum.members));
    if (exact && sum.members.length < minCohort) {
      const learned = `a sum of ${sum.members.length}, where each asks for ${minCohort}`;
      return { succeeded: true, learned, figures, stoppedBy: undefined };
    }
    const learned = sum === undefined ? 'no sum' : `a sum of ${sum.members.length}, as agreed`;
    return { succeeded: false, learned, figures, stoppedBy: namedCodes(refusalCodes(hall, [TARGET])) ?? 'masks' };
  });
}
