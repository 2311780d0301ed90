import { equalBytes, toHex } from '../../crypto/bytes.ts';
import { SIZES } from '../../crypto/suite.ts';
import { CairnError } from '../../errors.ts';
import { hasBit, setBits } from '../../wire/bitmap.ts';
import { encodeConsistency } from '../../wire/messages/consistency.ts';
import type { Survivors } from '../../wire/messages/survivors.ts';
import type { UnmaskRequest } from '../../wire/messages/unmask-request.ts';
import { encodeUnmaskShares } from '../../wire/messages/unmask-shares.ts';
import { survivorBytes } from '../signatures.ts';
import { auditCuts } from './audit-cuts.ts';
import { membersOf, reliesOnNoise } from './consent.ts';
import { assertDifferent } from './difference.ts';
import { assertSetAllowed } from './one-set.ts';
import { goOn } from './result.ts';
import type { ClientContext, ClientEvent, ClientState, ClientStep, SessionFacts, SharePair } from './types.ts';

type In<Name extends ClientState['name']> = Extract<ClientState, { name: Name }>;

/**
 * Round 3 (ConsistencyCheck, active rounds): audits U3 and signs it, so that no two clients can be shown different
 * survivor sets and be made to reveal both secrets of one member between them.
 * @throws CairnError `set-grew`, `self-missing`, `too-few-members`, `cohort-too-small`, `cohort-too-similar`
 */
export function onSurvivors(state: In<'consistency-check'>, message: Survivors): ClientStep {
  const { context, facts, held } = state;
  const { survivors } = message;
  auditSurvivors(context, facts, held, message);
  const identity = context.self.identity!;
  const signature = context.primitives.ed25519Sign(
    identity.secretKey.expose(),
    survivorBytes(context.primitives, facts.sessionId, survivors),
  );
  return goOn(
    { name: 'unmasking', context, facts, held, signed: survivors },
    [encodeConsistency({ suite: context.settings.suite, context: facts.sessionId, signature })],
    [],
    ...signing(context, facts, survivors),
  );
}

/**
 * Round 4 (Unmasking): reveals one share of each member of U2 that this client holds shares of — of b where the member
 * survived, of s_SK where it dropped — and forgets all of them.
 * @throws CairnError `consistency-split`, `consistency-too-few`, `set-grew`, `self-missing`, `too-few-members`, `cohort-too-small`,
 * `cohort-too-similar`
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
  const message = encodeUnmaskShares({
    suite: context.settings.suite,
    context: facts.sessionId,
    count: indices.length,
    shares,
  });
  const members = membersOf(facts, request.survivors);
  const events: ClientEvent[] = signed === undefined ? signing(context, facts, request.survivors) : [];
  if (members !== undefined) events.push({ kind: 'revealed', members });
  return goOn({ name: 'done', context }, [message], [...held.values()], ...events);
}

/** What the client's memory is told of a set that it accepts, before it signs it or answers it; nothing without a history. */
function signing(
  { settingsHash }: ClientContext,
  { root, ids, parameters: { graph, degree, threshold } }: SessionFacts,
  survivors: Uint8Array,
): ClientEvent[] {
  const members = membersOf({ ids }, survivors);
  if (ids === undefined || members === undefined) return [];
  const session = { settingsHash: toHex(settingsHash), root: toHex(root), ids, graph, degree, threshold };
  return [{ kind: 'signing', members, session }];
}

/** U3 as far as this client can check it: the client, nobody new, enough members, and no other set than one signed before. */
function auditSurvivors(
  context: ClientContext,
  facts: SessionFacts,
  held: ReadonlyMap<number, SharePair>,
  { size, survivors }: Pick<Survivors, 'size' | 'survivors'>,
): void {
  const { settings, policy } = context;
  const { parameters, neighbours, ownIndex } = facts;
  if (size !== parameters.n)
    throw new CairnError('set-grew', `survivors are told of ${size} members, but the roster has ${parameters.n}`);
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
  if (known < parameters.threshold) {
    throw new CairnError(
      'too-few-members',
      `${known} inputs are left among those this client shares with, the threshold is ${parameters.threshold}`,
    );
  }
  // In a curious round nobody drops members of its choice.
  if (settings.adversary === 'active') auditCuts(context, facts, survivors);
  const total = setBits(survivors).length;
  const least = Math.max(settings.minCohort, policy.minCohort);
  if (total < least)
    throw new CairnError('cohort-too-small', `the sum has ${total} inputs, at least ${least} are asked for`);
  const members = membersOf(facts, survivors);
  if (members === undefined) return;
  if (!reliesOnNoise(policy, settings)) assertSetAllowed(context.history?.record, members);
  assertDifferent(context, members);
}

/** The set asked about is the one signed, and at least t of those this client shares with signed the same. */
function auditSignatures(
  context: ClientContext,
  facts: SessionFacts,
  signed: Uint8Array,
  request: UnmaskRequest,
): void {
  if (request.size !== facts.parameters.n || !equalBytes(request.survivors, signed)) {
    throw new CairnError(
      'consistency-split',
      'shares are asked for another survivor set than the one this client signed',
    );
  }
  const { primitives, self } = context;
  const members = new Map<number, number>(
    facts.neighbours.map(({ index, advertisement }) => [index, advertisement.member]),
  );
  members.set(facts.ownIndex, self.member);
  const bytes = survivorBytes(primitives, facts.sessionId, signed);
  for (const { index, signature } of request.signatures) {
    const member = members.get(index);
    if (member === undefined || !hasBit(signed, index)) {
      throw new CairnError(
        'roster-order',
        `a signature of place ${index} came, who is not a survivor this client shares with`,
      );
    }
    const entry = self.directory!.entries.get(member as typeof self.member)!;
    if (!primitives.ed25519Verify(entry.identityKey, bytes, signature)) {
      throw new CairnError(
        'consistency-split',
        `member ${member} did not sign the survivor set that this client signed`,
        { culprits: [member] },
      );
    }
  }
  if (request.signatures.length < facts.parameters.threshold) {
    throw new CairnError(
      'consistency-too-few',
      `${request.signatures.length} members signed the survivor set, the threshold is ${facts.parameters.threshold}`,
    );
  }
}
