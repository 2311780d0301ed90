import { equalBytes, fromHex, toHex } from '../../crypto/bytes.ts';
import { decideDealingAtOnce } from '../../crypto/dealing.ts';
import { rootFrom, verifyProof } from '../../crypto/merkle.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import type { SecretBytes } from '../../crypto/secret.ts';
import { isCanonicalShare } from '../../crypto/shamir.ts';
import { LABELS } from '../../crypto/suite.ts';
import { CairnError } from '../../errors.ts';
import { type MemberId, memberId } from '../../ids.ts';
import { bitmapOf } from '../../wire/bitmap.ts';
import type { DealingProof, DealtSecret, SignedShare } from './messages/false-dealing.ts';
import type { MemberDirectory } from '../../wire/membership.ts';
import type { SignedSession, SignedSet } from './client/types.ts';
import { seedCommitment } from './mask-keys.ts';
import { type AdversaryModel, corruptHolders } from './parameters/index.ts';
import { rosterLeaf, sessionGraph, sessionIdOf } from './session-id.ts';
import { secretKind, shareLeaf } from './share-tree.ts';
import { advertisedBytes, commitmentBytes, revealedBytes } from './signatures.ts';

/** What a proof is checked against: all of it is the verifier's own. */
export interface DealingAbout {
  readonly primitives: Primitives;
  /** The one set that the verifier signed from this model, and the sessions in which it did. */
  readonly signed: SignedSet;
  /** The directory with the members' identity keys. */
  readonly directory: MemberDirectory;
  /** The verifier's own assumption about which parties may be corrupt. */
  readonly model: AdversaryModel;
}

/** The member that a proof convicts, and of what. */
export interface ProvenDealing {
  readonly member: MemberId;
  /** Id of the session in which it dealt, in hex. */
  readonly session: string;
}

/** Whether a secret is the one that its owner is bound to: by its commitment, or by the public half of its mask key. */
export function isDealtSecret(
  primitives: Primitives,
  sessionId: Uint8Array,
  owner: number,
  bound:
    | Pick<Extract<DealtSecret, { kind: 'self-seed' }>, 'kind' | 'commitment'>
    | { readonly kind: 'mask-key'; readonly maskKey: Uint8Array },
): (secret: SecretBytes) => boolean {
  return (secret) =>
    bound.kind === 'self-seed'
      ? equalBytes(seedCommitment(primitives, secret, sessionId, owner), bound.commitment)
      : equalBytes(primitives.x25519PublicKey(secret.expose()), bound.maskKey);
}

/**
 * Checks a proof that a member dealt false shares in a session whose survivor set the verifier signed. A pure function:
 * it trusts only signatures of identities, and its own model's bound on the number of corrupt holders.
 *
 * Everything is bound to that session and to the set B that the verifier has on record: the owner's commitment by its
 * signature, its mask key by the path to the session's roster, each share by its holder's signature over session, B and
 * root. Only members of B reveal, and on a ring only neighbours hold shares, so other holders do not count.
 * @throws CairnError `false-dealing-refused` for a proof that does not hold; nothing follows from it
 */
export function verifyFalseDealing(proof: DealingProof, about: DealingAbout): ProvenDealing {
  const { primitives, signed, directory, model } = about;
  const session = sessionOf(primitives, signed, proof.sessionId);
  const { ids, threshold } = session;
  const { owner, secret, shares } = proof;
  if (owner >= ids.length) throw refused(`that session has no member at place ${owner}`);
  const members = new Set(signed.members);
  const survivors = bitmapOf(
    ids.length,
    [...ids.keys()].filter((index) => members.has(ids[index]!)),
  );
  if (secret.kind !== secretKind(survivors, owner)) {
    throw refused(`it is about the ${secret.kind} of member ${ids[owner]}, whose other secret was opened`);
  }
  checkBound({ primitives, session, directory, owner }, proof);
  const parameters = { graph: session.graph, n: ids.length, degree: session.degree };
  const graph = sessionGraph(primitives, parameters, proof.sessionId, fromHex(session.root));
  const holders = new Set(graph.holders(owner));
  let last = -1;
  for (const share of shares) {
    const { holder } = share;
    if (holder <= last || !holders.has(holder) || !members.has(ids[holder]!)) {
      throw refused(`the holder at place ${holder} holds no share that was requested, or appears twice`);
    }
    last = holder;
    checkShare({ primitives, directory, survivors }, proof, share, memberId(ids[holder]!));
  }
  const { verdict, ...found } = decideDealingAtOnce({
    domain: ids.length,
    slots: shares.map(({ holder }) => holder),
    shares: shares.map(({ share }) => share),
    threshold,
    corrupt: corruptHolders(parameters, model),
    isRight: isDealtSecret(primitives, proof.sessionId, owner, boundOf(secret)),
  });
  if ('secret' in found) found.secret.wipe();
  if (verdict !== 'false-dealing') {
    throw refused(
      verdict === 'right'
        ? `all but a few shares of member ${ids[owner]} give the secret that it is bound to`
        : `${shares.length} shares prove nothing about member ${ids[owner]}, given how many may lie`,
    );
  }
  return { member: memberId(ids[owner]!), session: toHex(proof.sessionId) };
}

const refused = (why: string): CairnError => new CairnError('false-dealing-refused', `the proof does not hold: ${why}`);

/**
 * The member that a proof is about, whether or not it holds; undefined if it is not about a member of a session on
 * record. It costs a hash of each session's ids, and no signature is checked.
 */
export function accusedBy(
  { sessionId, owner }: Pick<DealingProof, 'sessionId' | 'owner'>,
  { primitives, signed }: Pick<DealingAbout, 'primitives' | 'signed'>,
): number | undefined {
  return onRecord(primitives, signed, sessionId)?.ids[owner];
}

/** The session on record that a proof is about. */
function sessionOf(primitives: Primitives, signed: SignedSet, sessionId: Uint8Array): SignedSession {
  const found = onRecord(primitives, signed, sessionId);
  if (found === undefined)
    throw refused('it is not about a session in which this client signed a set from this model, or could have');
  return found;
}

const onRecord = (primitives: Primitives, { sessions }: SignedSet, sessionId: Uint8Array): SignedSession | undefined =>
  sessions.find(({ settingsHash, ids, root }) =>
    equalBytes(sessionIdOf(primitives, fromHex(settingsHash), ids, fromHex(root)), sessionId),
  );

/** What a secret is checked against once the owner is bound to it. */
function boundOf(secret: DealtSecret): Parameters<typeof isDealtSecret>[3] {
  return secret.kind === 'self-seed' ? secret : { kind: 'mask-key', maskKey: secret.advertisement.maskKey };
}

interface OwnerAbout extends Pick<DealingAbout, 'primitives' | 'directory'> {
  readonly session: SignedSession;
  readonly owner: number;
}

/** The owner itself signed what its secret is checked against, in this very session. */
function checkBound({ primitives, session, directory, owner }: OwnerAbout, { sessionId, secret }: DealingProof): void {
  const member = memberId(session.ids[owner]!);
  const { identityKey } = entryOf(directory, member);
  if (secret.kind === 'self-seed') {
    const bytes = commitmentBytes(primitives, sessionId, owner, secret.commitment);
    if (primitives.ed25519Verify(identityKey, bytes, secret.signature)) return;
    throw refused(`member ${member} did not sign the commitment`);
  }
  const { advertisement, proof } = secret;
  const leaf = rosterLeaf(primitives, advertisement);
  const claim = { root: fromHex(session.root), size: session.ids.length, index: owner, leaf, proof };
  if (advertisement.member !== member || !verifyProof(primitives, claim)) {
    throw refused(`the keys shown for member ${member} are not in that session’s roster`);
  }
  const bytes = advertisedBytes(primitives, fromHex(session.settingsHash), advertisement);
  if (advertisement.signature === undefined || !primitives.ed25519Verify(identityKey, bytes, advertisement.signature)) {
    throw refused(`member ${member} did not sign the keys shown for it`);
  }
}

interface ShareAbout extends Pick<DealingAbout, 'primitives' | 'directory'> {
  readonly survivors: Uint8Array;
}

/** The holder signed the tree in which this share is a leaf. */
function checkShare(
  { primitives, directory, survivors }: ShareAbout,
  { sessionId, owner, secret }: DealingProof,
  { holder, share, revealed, place, proof, signature }: SignedShare,
  member: MemberId,
): void {
  if (!isCanonicalShare(share)) throw refused(`the share of member ${member} is not an element of the field`);
  const leaf = shareLeaf(primitives, sessionId, owner, secret.kind, share);
  const root = rootFrom(primitives, { size: revealed, index: place, leaf, proof, label: LABELS.shareNode });
  if (root === undefined) throw refused(`the Merkle path from the share of member ${member} has the wrong length`);
  const bytes = revealedBytes(primitives, sessionId, holder, survivors, root);
  if (!primitives.ed25519Verify(entryOf(directory, member).identityKey, bytes, signature)) {
    throw refused(`member ${member} did not sign the share shown for it`);
  }
}

/** Whether a membership has ended since does not matter here: it was valid when the session was run. */
function entryOf(directory: MemberDirectory, member: MemberId) {
  const entry = directory.entries.get(member);
  if (entry === undefined) throw refused(`member ${member} is not in the directory any more`);
  return entry;
}
