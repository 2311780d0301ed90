import { decideDealing } from '../../../crypto/dealing.ts';
import type { MerkleTree } from '../../../crypto/merkle.ts';
import type { Primitives } from '../../../crypto/primitives.ts';
import { SIZES } from '../../../crypto/suite.ts';
import type { ClientIndex, MemberId } from '../../../ids.ts';
import type { MemberDirectory } from '../../../wire/membership.ts';
import { type DealtSecret, encodeDealingProof, type SignedShare } from '../messages/false-dealing.ts';
import type { RoundSettings } from '../../../wire/settings.ts';
import { isDealtSecret } from '../false-dealing.ts';
import { corruptHolders } from '../parameters/index.ts';
import { secretKind, shareTree } from '../share-tree.ts';
import { revealedBytes } from '../signatures.ts';
import type { SharedKeys } from './parameters.ts';
import { holdings, type RevealedShares } from './revealed.ts';

/** What proofs are made of: a session's sets, and the shares with their signatures. */
export interface ProofMaterial extends SharedKeys {
  readonly context: {
    readonly primitives: Primitives;
    readonly settings: RoundSettings;
    readonly directory: MemberDirectory | undefined;
  };
  /** U3 as a bitmap over the roster. */
  readonly survivors: Uint8Array;
  readonly shares: RevealedShares;
  /** Each holder's signature over all that it revealed. */
  readonly signatures: ReadonlyMap<ClientIndex, Uint8Array>;
}

/** The outcome for owners whose secrets do not open. */
export interface Proofs {
  /** Owners that are proven to have dealt falsely, and the proofs, in the same order. */
  readonly proven: readonly MemberId[];
  readonly bodies: readonly Uint8Array[];
  /** Owners against whom nothing is proven. */
  readonly unproven: readonly MemberId[];
  /** Holders that did not sign what they revealed: they are at fault, and their shares count for nothing. */
  readonly unsigned: readonly MemberId[];
}

/**
 * Proves that owners whose secrets do not open dealt falsely, if there are enough shares: it uses all that arrived,
 * since a member that assumes more liars than the task needs more of them. Holders' signatures are checked only here:
 * hashing n shares of n members in every round would cost more than opening the sum, and a holder that signs falsely
 * could as well have revealed nothing. It pauses after each holder.
 */
export function* proveDealings(material: ProofMaterial, owners: readonly ClientIndex[]): Generator<undefined, Proofs> {
  const { context, facts } = material;
  const found = new Map<ClientIndex, SignedShare[]>(owners.map((owner) => [owner, []]));
  const unsigned: MemberId[] = [];
  for (const holder of [...material.signatures.keys()].sort((a, b) => a - b)) {
    if (!(yield* addShares(material, holder, found))) unsigned.push(facts.roster[holder]!.member);
  }
  const proven: MemberId[] = [];
  const bodies: Uint8Array[] = [];
  const unproven: MemberId[] = [];
  const colluding = context.settings.colludingPpm / 1_000_000;
  const corrupt = corruptHolders(facts.parameters, { adversary: 'active', colluding });
  for (const [owner, shares] of found) {
    const { member } = facts.roster[owner]!;
    if (yield* isFalse(material, owner, shares, corrupt)) {
      proven.push(member);
      bodies.push(encodeDealingProof({ sessionId: facts.sessionId, owner, secret: dealt(material, owner), shares }));
    } else unproven.push(member);
  }
  return { proven, bodies, unproven, unsigned };
}

/** Opens one holder's leaf of each owner, if it signed its tree. @returns whether it did */
function* addShares(
  { context, facts, sharers, survivors, shares, signatures }: ProofMaterial,
  holder: ClientIndex,
  found: ReadonlyMap<ClientIndex, SignedShare[]>,
): Generator<undefined, boolean> {
  const { primitives, directory } = context;
  const { sessionId, roster } = facts;
  const owners = holdings({ facts, sharers }, holder);
  const wanted = owners.flatMap((owner, place) => {
    const list = found.get(owner as ClientIndex);
    return list === undefined ? [] : [{ list, place }];
  });
  if (wanted.length === 0) return true;
  const block = shares.blockOf(holder);
  const tree: MerkleTree = shareTree(primitives, sessionId, survivors, owners, block);
  yield;
  const signature = signatures.get(holder)!;
  const { identityKey } = directory!.entries.get(roster[holder]!.member)!;
  const bytes = revealedBytes(primitives, sessionId, holder, survivors, tree.root);
  if (!primitives.ed25519Verify(identityKey, bytes, signature)) return false;
  for (const { list, place } of wanted) {
    const share = block.slice(place * SIZES.share, (place + 1) * SIZES.share);
    list.push({ holder, share, revealed: owners.length, place, proof: tree.proof(place), signature });
  }
  return true;
}

function* isFalse(
  material: ProofMaterial,
  owner: ClientIndex,
  shares: readonly SignedShare[],
  corrupt: number,
): Generator<undefined, boolean> {
  const { context, facts, survivors, commitments } = material;
  const { n, threshold } = facts.parameters;
  if (shares.length < threshold) return false;
  const bound =
    secretKind(survivors, owner) === 'self-seed'
      ? ({ kind: 'self-seed', commitment: commitments.get(owner)!.commitment } as const)
      : ({ kind: 'mask-key', maskKey: facts.roster[owner]!.maskKey } as const);
  const decided = yield* decideDealing({
    domain: n,
    slots: shares.map(({ holder }) => holder),
    shares: shares.map(({ share }) => share),
    threshold,
    corrupt,
    isRight: isDealtSecret(context.primitives, facts.sessionId, owner, bound),
  });
  if (decided.verdict === 'right') decided.secret.wipe();
  return decided.verdict === 'false-dealing';
}

/** What the owner is bound to, with its signature, as received in round 0 or 1. */
function dealt({ facts, survivors, commitments }: ProofMaterial, owner: ClientIndex): DealtSecret {
  if (secretKind(survivors, owner) === 'mask-key') {
    return { kind: 'mask-key', advertisement: facts.roster[owner]!, proof: facts.tree.proof(owner) };
  }
  const { commitment, signature } = commitments.get(owner)!;
  return { kind: 'self-seed', commitment, signature: signature! };
}
