import { equalBytes, toHex } from '../../../crypto/bytes.ts';
import { SIZES } from '../../../crypto/suite.ts';
import { CairnError } from '../../../errors.ts';
import { hasBit, setBits } from '../../../wire/bitmap.ts';
import { encodeConsistency } from '../messages/consistency.ts';
import type { Survivors } from '../messages/survivors.ts';
import type { UnmaskRequest } from '../messages/unmask-request.ts';
import { encodeUnmaskShares } from '../messages/unmask-shares.ts';
import { minSharers } from '../parameters/index.ts';
import { shareTree } from '../share-tree.ts';
import { revealedBytes, survivorBytes } from '../signatures.ts';
import { auditCuts } from './audit-cuts.ts';
import { reliesOnNoise } from '../../../rounds/consent/settings.ts';
import { assertDifferent } from '../../../rounds/consent/difference.ts';
import { assertSetAllowed } from '../../../rounds/consent/one-set.ts';
import { transition } from './result.ts';
import type {
  ClientContext,
  ClientEvent,
  ClientState,
  ClientStep,
  SessionParameters,
  SharePair,
  SignedSession,
} from './types.ts';

type In<Name extends ClientState['name']> = Extract<ClientState, { name: Name }>;

/**
 * Round 3 (ConsistencyCheck, active rounds): audits U3; a witness signs it, so that no two clients can be shown
 * different survivor sets and reveal both secrets of one member between them. The others keep it and wait for a quorum.
 * @throws CairnError `set-grew`, `self-missing`, `too-few-members`, `cohort-too-small`, `cohort-too-similar`
 */
export function onSurvivors(state: In<'consistency-check'>, message: Survivors): ClientStep {
  const { context, facts, held } = state;
  const { survivors } = message;
  auditSurvivors(context, facts, held, message);
  const next = { name: 'unmasking', context, facts, held, signed: survivors } as const;
  const noted = signing(context, facts, survivors);
  if (!facts.witnesses.some(({ index }) => index === facts.ownIndex)) return transition(next, [], [], ...noted);
  const identity = context.self.identity!;
  const signature = context.primitives.ed25519Sign(
    identity.secretKey.expose(),
    survivorBytes(context.primitives, facts.sessionId, survivors),
  );
  const header = { suite: context.settings.suite, context: facts.sessionId };
  const bytes = encodeConsistency({ ...header, signature });
  return transition(next, [{ name: 'consistency', bytes }], [], ...noted);
}

/**
 * Round 4 (Unmasking): reveals one share of each member of U2 that this client holds shares of — of b if the member
 * survived, of s_SK if it dropped — and forgets all of them.
 * @throws CairnError `consistency-split`, `consistency-too-few`, `set-grew`, `self-missing`, `too-few-members`,
 * `cohort-too-small`, `cohort-too-similar`
 */
export function onUnmaskRequest(state: In<'unmasking'>, request: UnmaskRequest): ClientStep {
  const { context, facts, held, signed } = state;
  if (signed === undefined) auditSurvivors(context, facts, held, request);
  else auditSignatures(context, facts, signed, request);
  const indices = [...held.keys()].sort((a, b) => a - b);
  const shares = new Uint8Array(indices.length * SIZES.share);
  indices.forEach((index, i) => {
    const from = hasBit(request.survivors, index) ? SIZES.share : 0;
    shares.set(
      held
        .get(index)!
        .expose()
        .subarray(from, from + SIZES.share),
      i * SIZES.share,
    );
  });
  const bytes = encodeUnmaskShares({
    suite: context.settings.suite,
    context: facts.sessionId,
    count: indices.length,
    shares,
    signature: signed === undefined ? undefined : signShares(context, facts, signed, indices, shares),
  });
  const members = membersOf(facts, request.survivors);
  const events: ClientEvent[] = signed === undefined ? signing(context, facts, request.survivors) : [];
  if (members !== undefined) events.push({ kind: 'revealed', members });
  return transition({ name: 'done', context }, [{ name: 'unmaskShares', bytes }], [...held.values()], ...events);
}

/** A session as a client remembers it, for proofs about it: with its ids only if the client has a history. */
export const sessionRecord = (
  { settingsHash }: Pick<ClientContext, 'settingsHash'>,
  { root, ids = [], parameters: { graph, degree, threshold } }: SessionParameters,
): SignedSession => ({ settingsHash: toHex(settingsHash), root: toHex(root), ids, graph, degree, threshold });

/** What the client's memory is told of a set it accepts, before it signs or answers it; nothing without a history. */
function signing(context: ClientContext, facts: SessionParameters, survivors: Uint8Array): ClientEvent[] {
  const members = membersOf(facts, survivors);
  if (members === undefined) return [];
  const session = sessionRecord(context, facts);
  return [{ kind: 'signing', members, session, sessionId: toHex(facts.sessionId) }];
}

/** The signature over all revealed shares, so that single shares can be proven to others (docs/protocol.md §8). */
function signShares(
  { primitives, self }: ClientContext,
  { sessionId, ownIndex }: SessionParameters,
  survivors: Uint8Array,
  owners: readonly number[],
  shares: Uint8Array,
): Uint8Array {
  const { root } = shareTree(primitives, sessionId, survivors, owners, shares);
  const bytes = revealedBytes(primitives, sessionId, ownIndex, survivors, root);
  return primitives.ed25519Sign(self.identity!.secretKey.expose(), bytes);
}

/** U3 as far as this client can check it: itself, no new member, enough members, no set other than one signed before. */
function auditSurvivors(
  context: ClientContext,
  facts: SessionParameters,
  held: ReadonlyMap<number, SharePair>,
  { size, survivors }: Pick<Survivors, 'size' | 'survivors'>,
): void {
  const { settings, policy } = context;
  const { parameters, neighbours, ownIndex } = facts;
  if (size !== parameters.n)
    throw new CairnError('set-grew', `the survivor set covers ${size} members, but the roster has ${parameters.n}`);
  if (!hasBit(survivors, ownIndex))
    throw new CairnError('self-missing', 'this client’s input is not among those that count');
  let known = 1;
  for (const { index, advertisement } of neighbours) {
    if (!hasBit(survivors, index)) continue;
    if (!held.has(index)) {
      throw new CairnError(
        'set-grew',
        `member ${advertisement.member} counts as a survivor, but never shared its keys`,
        { culprits: [advertisement.member] },
      );
    }
    known++;
  }
  const needed = minSharers(parameters);
  if (known < needed) {
    throw new CairnError(
      'too-few-members',
      `${known} inputs are left among those this client shares with, at least ${needed} are needed`,
    );
  }
  // A curious coordinator does not drop members of its choice.
  if (settings.adversary === 'active') auditCuts(context, facts, survivors);
  const total = setBits(survivors).length;
  const least = Math.max(settings.minCohort, policy.minCohort);
  if (total < least)
    throw new CairnError('cohort-too-small', `the sum has ${total} inputs, at least ${least} are required`);
  const members = membersOf(facts, survivors);
  if (members === undefined) return;
  if (!reliesOnNoise(policy, settings)) assertSetAllowed(context.history?.record, members);
  assertDifferent(context, members);
}

/** The requested set is the one audited, and a quorum of the surviving witnesses signed the same one. */
function auditSignatures(
  context: ClientContext,
  facts: SessionParameters,
  audited: Uint8Array,
  request: UnmaskRequest,
): void {
  const { parameters, witnesses, sessionId } = facts;
  if (request.size !== parameters.n || !equalBytes(request.survivors, audited)) {
    throw new CairnError(
      'consistency-split',
      'shares are requested for a survivor set other than the one this client audited',
    );
  }
  if (request.witnesses !== witnesses.length) {
    throw new CairnError(
      'roster-order',
      `the request covers ${request.witnesses} witnesses, but the roster gives ${witnesses.length}`,
    );
  }
  const { primitives, self } = context;
  const bytes = survivorBytes(primitives, sessionId, audited);
  setBits(request.signers).forEach((place, i) => {
    const { index, member } = witnesses[place]!;
    if (!hasBit(audited, index)) {
      throw new CairnError('roster-order', `there is a signature of member ${member}, which is not a survivor`);
    }
    const { identityKey } = self.directory!.entries.get(member)!;
    if (!primitives.ed25519Verify(identityKey, bytes, request.signatures[i]!)) {
      throw new CairnError(
        'consistency-split',
        `member ${member} did not sign the survivor set that this client audited`,
        { culprits: [member] },
      );
    }
  });
  if (request.signatures.length < parameters.quorum) {
    throw new CairnError(
      'consistency-too-few',
      `${request.signatures.length} witnesses signed the survivor set, the quorum is ${parameters.quorum}`,
    );
  }
}

/** Ids of the members in a survivor set, ascending; undefined if the session keeps no ids. */
function membersOf({ ids }: Pick<SessionParameters, 'ids'>, survivors: Uint8Array): readonly number[] | undefined {
  return ids && setBits(survivors).map((index) => ids[index]!);
}
