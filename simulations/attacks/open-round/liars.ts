import {
  commitmentBytes,
  decodeShareKeys,
  decodeUnmaskShares,
  encodeShareKeys,
  encodeUnmaskShares,
  holdings,
  revealedBytes,
  SEALED_SHARES_LENGTH,
  type ServerState,
  shareTree,
  type SignedSession,
  type SignedSet,
  type SignedShare,
} from '../../../protocol/schemes/secagg/index.ts';
import { isCanonicalShare, openShares, sealKey, sealShares, SIZES, toHex } from '../../../protocol/crypto/index.ts';
import { type MemberId, memberId } from '../../../protocol/ids.ts';
import { setBits } from '../../../protocol/wire/index.ts';
import type { Lab, Rewrite } from './lab.ts';
import { rewriting } from './lab.ts';

// Members that lie about shares and sign the lies, as a member that runs its own program can.

/** The key with which to sign a member's message again, if any. */
const keyOf = (lab: Lab, member: MemberId): Uint8Array | undefined =>
  lab.settings.adversary === 'active' ? lab.membership!.identities.get(member)!.secretKey.expose() : undefined;

/** What follows from the roster, as the server currently knows it. */
function serverFacts(lab: Lab): Extract<ServerState, { name: 'unmasking' }>['facts'] {
  if (!('facts' in lab.server)) throw new Error('the server has no roster');
  return lab.server.facts;
}

/** Which of its two secrets an owner shares falsely. */
export type Dealt = 'seed' | 'key';

/**
 * To be created before a member uses up its cipher key: puts other shares into what it seals, one kind at a time. Its
 * own share is out of reach, and remains true.
 */
export function resealing(
  lab: Lab,
  owner: MemberId,
): (what: Dealt, change: (share: Uint8Array, to: number) => Uint8Array) => Rewrite {
  const secret = lab.client(owner, 'advertise-keys').cipher.secretKey.expose().slice();
  return (what, change) => {
    const offset = what === 'key' ? 0 : SIZES.share;
    return rewriting('shareKeys', ({ member, bytes }) => {
      if (member !== owner) return bytes;
      const { neighbours, ownIndex, sessionId } = lab.client(owner, 'share-keys').facts;
      const agreement = lab.primitives.x25519(secret);
      const message = decodeShareKeys(bytes);
      const sealed = message.sealed.slice();
      neighbours.forEach(({ index, advertisement }, place) => {
        const key = sealKey(lab.primitives, agreement.with(advertisement.cipherKey), sessionId, ownIndex, index);
        const context = { key, sessionId, from: ownIndex, to: index };
        const at = place * SEALED_SHARES_LENGTH;
        const entry = sealed.subarray(at, at + SEALED_SHARES_LENGTH);
        const pair = openShares(lab.primitives, { ...context, sealed: entry })!;
        pair.set(change(pair.slice(offset, offset + SIZES.share), index), offset);
        sealed.set(sealShares(lab.primitives, { ...context, plaintext: pair }), at);
      });
      return encodeShareKeys({ ...message, sealed });
    });
  };
}

/** A member commits to something else, and signs it. */
export const committing = (lab: Lab, owner: MemberId, change: (commitment: Uint8Array) => Uint8Array): Rewrite =>
  rewriting('shareKeys', ({ member, bytes }) => {
    if (member !== owner) return bytes;
    const message = decodeShareKeys(bytes);
    const commitment = change(message.commitment.slice());
    const key = keyOf(lab, member);
    const index = serverFacts(lab).indexOf.get(member)!;
    const signed = commitmentBytes(lab.primitives, message.context, index, commitment);
    const signature = key && lab.primitives.ed25519Sign(key, signed);
    return encodeShareKeys({ ...message, commitment, signature });
  });

/** Members replace the shares that they hold of some owners, and sign that. */
export function revealing(
  lab: Lab,
  liars: readonly MemberId[],
  lie: (share: Uint8Array, owner: MemberId, holder: MemberId) => Uint8Array,
): Rewrite {
  if (lab.server.name !== 'unmasking') throw new Error('the server does not ask for shares');
  const { facts, survivors, sharers } = lab.server;
  const { roster, indexOf, sessionId } = facts;
  return rewriting('unmaskShares', ({ member, bytes }) => {
    if (!liars.includes(member)) return bytes;
    const message = decodeUnmaskShares(bytes);
    const shares = message.shares.slice();
    const holder = indexOf.get(member)!;
    const owners = holdings({ facts, sharers }, holder);
    owners.forEach((owner, place) => {
      const at = place * SIZES.share;
      shares.set(lie(shares.slice(at, at + SIZES.share), roster[owner]!.member, member), at);
    });
    const key = keyOf(lab, member);
    if (key === undefined) return encodeUnmaskShares({ ...message, shares });
    const { root } = shareTree(lab.primitives, sessionId, survivors, owners, shares);
    const signed = revealedBytes(lab.primitives, sessionId, holder, survivors, root);
    return encodeUnmaskShares({ ...message, shares, signature: lab.primitives.ed25519Sign(key, signed) });
  });
}

/** What a client keeps of the set that it signed in a round: read from the server once U3 is fixed. */
export function signedSetOf(lab: Lab): SignedSet {
  if (!('survivors' in lab.server)) throw new Error('the survivors are not known');
  const { facts, survivors } = lab.server;
  const ids = facts.roster.map(({ member }) => member);
  const { graph, degree, threshold } = facts.parameters;
  const session: SignedSession = {
    settingsHash: toHex(lab.server.context.settingsHash),
    root: toHex(facts.tree.root),
    ids,
    graph,
    degree,
    threshold,
  };
  return { members: setBits(survivors).map((index) => ids[index]!), sessions: [session], proven: [] };
}

/** A canonically encoded share of an arbitrary value. */
export function anyShare(random: (length: number) => Uint8Array): Uint8Array {
  for (;;) {
    const share = random(SIZES.share);
    share[SIZES.share - 1]! &= 0x3f;
    for (let limb = 0; limb < 10; limb++) share[(27 * limb + 26) >> 3]! &= ~(1 << ((27 * limb + 26) & 7));
    if (isCanonicalShare(share)) return share;
  }
}

/** Runs until shares are requested; `lost` leave after they shared. */
export function untilUnmasking(lab: Lab, lost: readonly number[] = []): Lab {
  lab.serverIn('masked-input');
  lab.down();
  lab.toServer = lab.toServer.filter(({ member }) => !lost.includes(member));
  for (const member of lost) lab.leave(memberId(member));
  lab.serverIn('unmasking');
  return lab;
}

/**
 * The shares of one owner as their holders signed them, read from all messages received: what a coordinator can show of
 * it.
 */
export function signedShares(
  lab: Lab,
  about: Extract<ServerState, { name: 'unmasking' }>,
  owner: MemberId,
): SignedShare[] {
  const { facts, survivors, sharers } = about;
  const index = facts.indexOf.get(owner)!;
  return lab.messages('unmaskShares').flatMap(({ member, bytes }) => {
    const { shares, signature } = decodeUnmaskShares(bytes);
    const holder = facts.indexOf.get(member)!;
    const owners = holdings({ facts, sharers }, holder);
    const place = owners.indexOf(index);
    if (place < 0) return [];
    const tree = shareTree(lab.primitives, facts.sessionId, survivors, owners, shares);
    const share = shares.slice(place * SIZES.share, (place + 1) * SIZES.share);
    return [{ holder, share, revealed: owners.length, place, proof: tree.proof(place), signature: signature! }];
  });
}
