import type { ErrorCode } from '../../protocol/errors.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { encodeUnmaskRequest } from '../../protocol/schemes/secagg/index.ts';
import { bitmapOf } from '../../protocol/wire/index.ts';
import { type Attack, namedCodes } from './attack.ts';
import { type Split, splitRequests, splitView } from './coordinator/split.ts';
import { outcomeOf, withScene } from './coordinator/with-scene.ts';
import { sessionIdOf, signedByWitnesses, signedSurvivors, survivorsAs } from './open-round/cheats.ts';
import { Lab } from './open-round/lab.ts';
import { unsafeWithoutSignatures } from './weakened.ts';

const GAMMA = 0.25;

/** The attack that the consistency round prevents. */
export const splitViews: Attack = {
  name: 'split-view',
  title: 'tells half of the members that the target dropped out, and the others that it did not',
  attacker: 'the coordinator, with two of eight members on its side',
  source: 'Bonawitz et al., CCS 2017, §6.2',
  protection: 'a quorum of signatures over one survivor set, before any member reveals a share',
  without: 'a curious round, in which members sign nothing',
  run: ({ protected: safe, seed, signal }) => {
    const adversary = safe ? 'active' : 'curious';
    const scene = { seed: `split view ${seed}`, n: 8, honest: [1, 2, 3, 4, 5, 6], adversary } as const;
    return withScene({ ...scene, policy: { colluding: GAMMA } }, signal, async (hall) => {
      const settings = hall.settings({ colludingPpm: GAMMA * 1e6 });
      await (safe ? splitView : splitRequests)(hall, settings, { blind: [1, 2, 4] });
      return outcomeOf(hall, settings);
    });
  },
};

/** What a coordinator and its accomplice have after a split: one share of each secret is the accomplice's own. */
export interface SplitLoot {
  /** Shares of the target's self seed, and of its mask secret. */
  readonly ofSeed: number;
  readonly ofKey: number;
  /** Why the honest members refused, by their order; undefined for those who did not. */
  readonly codes: readonly (ErrorCode | undefined)[];
}

/** Who plays which part in a split of an open round. */
interface SplitCast extends Split {
  readonly target: MemberId;
  readonly accomplice: MemberId;
}

/**
 * The same in an open round of an active adversary that has come to its consistency check, with every member a witness:
 * each side signs what it was told, the accomplice signs both sets, and each client is sent every signature over its
 * own set; if `mixed`, with those over the other set in the places of all who signed that.
 */
export function splitOpenRound(lab: Lab, { target, accomplice, blind, mixed = false }: SplitCast): SplitLoot {
  const { members } = lab;
  const n = members.length;
  const all = members.map((_, index) => index);
  const without = all.filter((index) => members[index] !== target);
  const viewOf = (index: number): readonly number[] => (blind.includes(members[index]!) ? without : all);
  lab.down(survivorsAs((_, to) => viewOf(members.indexOf(to))));
  const honest = all.filter((index) => members[index] !== accomplice);
  const sessionId = sessionIdOf(lab.clients.get(members[honest[0]!]!)!);
  const signed = (signer: number, view: readonly number[]) =>
    signedSurvivors(lab, sessionId, signer, bitmapOf(n, view));
  const codes: (ErrorCode | undefined)[] = [];
  let [ofSeed, ofKey] = [1, 1];
  for (const index of honest) {
    const view = viewOf(index);
    const signatures = view.flatMap((signer) => {
      if (members[signer] === accomplice || viewOf(signer) === view) return [signed(signer, view)];
      return mixed ? [signed(signer, viewOf(signer))] : [];
    });
    const request = encodeUnmaskRequest({
      ...{ suite: lab.settings.suite, context: sessionId, size: n, survivors: bitmapOf(n, view) },
      ...signedByWitnesses(all, signatures),
    });
    const step = lab.clientGets(members[index]!, request);
    codes.push(step?.events.find((event) => event.kind === 'refused')?.error.code);
    if (step?.state.name !== 'done') continue;
    if (view === all) ofSeed++;
    else ofKey++;
  }
  return { ofSeed, ofKey, codes };
}

/** What every signature is verified for, and not only counted. */
export const mixedSignatures: Attack = {
  name: 'mixed-signatures',
  title: 'shows two survivor sets, and fills up the signatures over one with those over the other',
  attacker: 'the coordinator, with one of nine members on its side',
  source: 'Bonawitz et al., CCS 2017, §6.2',
  protection: 'each client verifies every signature over the very set that it signed itself',
  without: 'clients that take every signature for good',
  run: ({ protected: safe, seed, signal }) => {
    signal?.throwIfAborted();
    const lab = new Lab({
      ...{ seed: `mixed ${seed}`, n: 9, adversary: 'active', settings: { colludingPpm: 120_000 } },
      primitives: safe ? nodePrimitives : unsafeWithoutSignatures,
    });
    const { threshold } = lab.serverIn('consistency-check').facts.parameters;
    const cast = { target: memberId(1), accomplice: memberId(9), blind: [2, 3, 4, 5], mixed: true };
    const { ofSeed, ofKey, codes } = splitOpenRound(lab, cast);
    const succeeded = ofSeed >= threshold && ofKey >= threshold;
    return Promise.resolve({
      succeeded,
      learned: succeeded ? 'both of the target’s secrets, which open its update' : 'too few shares of either secret',
      figures: { seedShares: ofSeed, keyShares: ofKey, threshold },
      stoppedBy: succeeded ? undefined : namedCodes(codes.filter((code) => code !== undefined)),
    });
  },
};
