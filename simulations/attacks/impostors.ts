import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import type { Advertisement } from '../../protocol/schemes/secagg/index.ts';
import { virtualMembership } from '../engine/virtual-task.ts';
import type { Attack } from './attack.ts';
import { forged, towards } from './coordinator/forged.ts';
import { type Scene, TARGET } from './coordinator/scene.ts';
import { outcomeOf, withScene } from './coordinator/with-scene.ts';
import { rosterAs } from './open-round/cheats.ts';
import { seeded } from './open-round/lab.ts';
import { unsafeWithoutSignatures } from './weakened.ts';

// A target that masks with keys of the attacker's alone has masked nothing: three ways to get there.

const CURIOUS = 'a curious round, which has no identities';

/** All but the target, whom the attacker plays. */
const others = (hall: Scene) => hall.members.filter((member) => member !== TARGET);

type Change = (members: readonly Advertisement[], context: Uint8Array, hall: Scene) => readonly Advertisement[];

/** Runs an active round in which the target is shown a roster of the attacker's making. */
async function shown(hall: Scene, change: Change) {
  const settings = hall.settings();
  hall.round(
    {
      down: (mail, { context }) =>
        towards(
          TARGET,
          rosterAs((members) => change(members, context, hall)),
        )(mail),
    },
    settings,
  );
  await hall.ends([TARGET]);
  return outcomeOf(hall, settings);
}

/** Plays everybody but the target in a curious round. */
async function played(hall: Scene) {
  const settings = hall.settings();
  hall.round({}, settings, { played: others(hall) });
  await hall.ends([TARGET]);
  return outcomeOf(hall, settings);
}

/** The classical attack on a key exchange without identities. */
export const manInTheMiddle: Attack = {
  name: 'man-in-the-middle',
  title: 'shows the target keys of its own for every other member, and answers in their place',
  attacker: 'the coordinator, or a party that can change traffic, alone',
  source: 'Bonawitz et al., CCS 2017, §6.2',
  protection: 'advertised keys are signed by identities of the member directory',
  without: CURIOUS,
  run: ({ protected: safe, seed, signal }) =>
    withScene({ seed: `middle ${seed}`, n: 7, adversary: safe ? 'active' : 'curious' }, signal, (hall) =>
      safe
        ? shown(hall, (members, context) =>
            members.map((one) => (one.member === TARGET ? one : forged(hall, context, { member: one.member }))),
          )
        : played(hall),
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
      { seed: `invented ${seed}`, n: 8, honest: [TARGET], adversary: safe ? 'active' : 'curious' },
      signal,
      (hall) =>
        safe
          ? shown(hall, (members, context) => [
              members.find(({ member }) => member === TARGET)!,
              ...[100, 101, 102, 103, 104].map((member) => forged(hall, context, { member })),
            ])
          : played(hall),
    ),
};

/** In an active round: everything but the check of signatures is as it should be. */
export const relabelledMembers: Attack = {
  name: 'relabelled-members',
  title: 'puts keys of its own under the ids of enrolled members, signed by identities that it has made',
  attacker: 'the coordinator, alone',
  source: 'docs/protocol.md §5.2 and §6.2',
  protection: 'signatures are verified with the identity keys that the directory names',
  without: 'clients that take every signature for good',
  run: ({ protected: safe, seed, signal }) => {
    const primitives = safe ? nodePrimitives : unsafeWithoutSignatures;
    return withScene({ seed: `relabelled ${seed}`, n: 7, honest: [TARGET], primitives }, signal, async (hall) => {
      const settings = hall.settings();
      const forged = virtualMembership(nodePrimitives, seeded(`relabelled identities ${seed}`), hall.members.length);
      const { directory, identities } = hall.membership;
      const entries = new Map(forged.directory.entries).set(TARGET, directory.entries.get(TARGET)!);
      const own = new Map(forged.identities).set(TARGET, identities.get(TARGET)!);
      hall.round({}, settings, { membership: { identities: own, directory: { ...directory, entries } } });
      await hall.ends([TARGET]);
      return outcomeOf(hall, settings);
    });
  },
};
