import {
  decodeConsistency,
  encodeUnmaskRequest,
  type ServerParameters,
  survivorBytes,
} from '../../../protocol/schemes/secagg/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import { clientIndex, type MemberId } from '../../../protocol/ids.ts';
import { bitmapOf, type RoundSettings } from '../../../protocol/wire/index.ts';
import { requestAs, signedByWitnesses, type SurvivorSignature, survivorsAs } from '../open-round/cheats.ts';
import { rewriting } from '../open-round/lab.ts';
import type { EvilRound } from './evil-round.ts';
import { type Scene, TARGET } from './scene.ts';

/** Index of a member in a roster of all members. */
export const indexOf = (scene: Scene, member: MemberId): number => scene.members.indexOf(member);

/** The session of a round whose roster is closed. */
export const sessionIdOf = (round: EvilRound): Uint8Array => factsOf(round).sessionId;

/** The parameters of a round whose roster is closed. */
function factsOf({ state }: EvilRound): ServerParameters {
  if (!('facts' in state)) throw new Error(`there is no session in state ${state.name}`);
  return state.facts;
}

/** What an accomplice signs: any survivor set. */
export function signedBy(
  scene: Scene,
  member: MemberId,
  sessionId: Uint8Array,
  survivors: Uint8Array,
): SurvivorSignature {
  const { secretKey } = scene.membership.identities.get(member)!;
  const signature = nodePrimitives.ed25519Sign(secretKey.expose(), survivorBytes(nodePrimitives, sessionId, survivors));
  return { index: clientIndex(indexOf(scene, member)), signature };
}

/** How the honest members are split. */
export interface Split {
  /** Members told that the target has dropped; the others, and the target, are told that it has not. */
  readonly blind: readonly number[];
  /** Whether the requests also carry the signatures over the other set, so that they look like enough. */
  readonly mixed?: boolean;
}

const answered = (scene: Scene, member: MemberId): boolean =>
  scene.client(member).log.of('refused').length > 0 ||
  scene.coordinator.transcript.of('up', 'unmaskShares', member).length > 0;

/**
 * The attack on the consistency round: two survivor sets, each signed by the members that were shown it and by all
 * accomplices, so that some reveal shares of the target's self seed and the others of its mask secret.
 * @returns when every honest member has answered its request or refused it
 */
export async function splitView(scene: Scene, settings: RoundSettings, { blind, mixed }: Split): Promise<void> {
  const { n } = scene.options;
  const everybody = scene.members.map((_, index) => index);
  const without = everybody.filter((index) => index !== indexOf(scene, TARGET));
  const viewOf = (member: MemberId): readonly number[] => (blind.includes(member) ? without : everybody);
  const signatures = new Map<MemberId, Uint8Array>();
  const round = scene.round(
    {
      down: survivorsAs((_, to) => viewOf(to)),
      up: rewriting('consistency', ({ member, bytes }) => {
        signatures.set(member, decodeConsistency(bytes).signature);
        return undefined;
      }),
    },
    settings,
  );
  await scene.until(() => signatures.size === n);
  const { sessionId, witnesses } = factsOf(round);
  for (const member of scene.honest) {
    const view = viewOf(member);
    const survivors = bitmapOf(n, view);
    const signed = scene.members
      .filter((signer) => view.includes(indexOf(scene, signer)))
      .filter((signer) => mixed === true || !scene.honest.includes(signer) || viewOf(signer) === view)
      .map((signer) =>
        scene.honest.includes(signer)
          ? { index: clientIndex(indexOf(scene, signer)), signature: signatures.get(signer)! }
          : signedBy(scene, signer, sessionId, survivors),
      );
    const request = { suite: settings.suite, context: sessionId, size: n, survivors };
    round.send(member, encodeUnmaskRequest({ ...request, ...signedByWitnesses(witnesses, signed) }));
  }
  await scene.until(() => scene.honest.every((member) => answered(scene, member)));
}

/** The same in a curious round, without signatures: each member is asked about the set that suits the attacker. */
export async function splitRequests(scene: Scene, settings: RoundSettings, { blind }: Split): Promise<void> {
  const { n } = scene.options;
  const indices = scene.members.map((_, index) => index);
  const without = indices.filter((index) => index !== indexOf(scene, TARGET));
  const script = {
    down: requestAs((_, to) => ({ survivors: bitmapOf(n, blind.includes(to) ? without : indices) })),
    up: rewriting('unmaskShares', () => undefined),
  };
  scene.round(script, settings);
  await scene.until(() => scene.honest.every((member) => answered(scene, member)));
}
