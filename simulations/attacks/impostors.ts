import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { virtualMembership } from '../engine/members.ts';
import type { Attack, AttackOutcome } from './attack.ts';
import { type Scene, TARGET } from './coordinator/scene.ts';
import { outcomeOf, withScene } from './coordinator/with-scene.ts';
import { seeded } from './open-round/lab.ts';
import { unsafeWithoutSignatures } from './weakened.ts';

// A target that masks only with the attacker's keys has masked nothing: three ways to achieve that. Each is the same attack
// with its protection and without it.

/** Members that are in no directory. */
const INVENTED = [100, 101, 102, 103, 104].map(memberId);

const CURIOUS = 'a curious round, which has no identities';

/**
 * Plays these members beside the target, each with keys that the attacker has made. An active round needs identities: the
 * attacker makes these too, and a directory that lists them.
 */
async function played(hall: Scene, seed: string, members: readonly MemberId[]): Promise<AttackOutcome> {
  const settings = hall.settings();
  const invited = [TARGET, ...members].sort((a, b) => a - b);
  hall.round({}, settings, { invited, played: members, membership: membershipOf(hall, seed, Math.max(...invited)) });
  await hall.ends([TARGET]);
  return outcomeOf(hall, settings);
}

/** Identities of the attacker's making for members 1 … n, and a directory with these; the target has its own. */
function membershipOf(
  { membership }: Scene,
  seed: string,
  n: number,
): Pick<Scene['membership'], 'identities' | 'directory'> {
  const made = virtualMembership(nodePrimitives, seeded(`${seed} identities`), n);
  const { directory, identities } = membership;
  return {
    identities: new Map(made.identities).set(TARGET, identities.get(TARGET)!),
    directory: {
      ...directory,
      entries: new Map(made.directory.entries).set(TARGET, directory.entries.get(TARGET)!),
    },
  };
}

/** All but the target. */
const others = (hall: Scene): MemberId[] => hall.members.filter((member) => member !== TARGET);

/** The classical attack on a key exchange without identities. */
export const manInTheMiddle: Attack = {
  name: 'man-in-the-middle',
  title: 'shows the target its own keys for every other member, and answers in their place',
  attacker: 'the coordinator, or a party that can change traffic, alone',
  source: 'Bonawitz et al., CCS 2017, §6.2',
  protection: 'advertised keys are signed by identities of the member directory',
  without: CURIOUS,
  run: ({ protected: safe, seed, signal }) =>
    withScene({ seed: `middle ${seed}`, n: 7, adversary: safe ? 'active' : 'curious' }, signal, (hall) =>
      played(hall, `middle ${seed}`, others(hall)),
    ),
};

/** A Sybil attack. */
export const inventedMembers: Attack = {
  name: 'invented-members',
  title: 'fills the target’s cohort with members that it has made up',
  attacker: 'the coordinator, alone',
  source: 'Douceur, IPTPS 2002; Bonawitz et al., CCS 2017, §6.2',
  protection: 'a directory of members, signed by an authority that clients pin',
  without: CURIOUS,
  run: ({ protected: safe, seed, signal }) =>
    withScene(
      { seed: `invented ${seed}`, n: 3, honest: [TARGET], adversary: safe ? 'active' : 'curious' },
      signal,
      (hall) => played(hall, `invented ${seed}`, INVENTED),
    ),
};

/** In an active round: everything except the signature check is in order. */
export const relabelledMembers: Attack = {
  name: 'relabelled-members',
  title: 'puts its own keys under the ids of enrolled members, signed by identities that it has created',
  attacker: 'the coordinator, alone',
  source: 'docs/protocol.md §5.2 and §6.2',
  protection: 'signatures are verified with the identity keys that the directory names',
  without: 'clients that accept every signature',
  run: ({ protected: safe, seed, signal }) => {
    const primitives = safe ? nodePrimitives : unsafeWithoutSignatures;
    return withScene({ seed: `relabelled ${seed}`, n: 7, honest: [TARGET], primitives }, signal, (hall) =>
      played(hall, `relabelled ${seed}`, others(hall)),
    );
  },
};
