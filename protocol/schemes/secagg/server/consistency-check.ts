import type { Message } from '../../../wire/header.ts';
import { CairnError } from '../../../errors.ts';
import { type ClientIndex, clientIndex, type MemberId } from '../../../ids.ts';
import { setBits } from '../../../wire/bitmap.ts';
import { decodeConsistency } from '../messages/consistency.ts';
import { survivorBytes } from '../signatures.ts';
import { unchanged } from './result.ts';
import type { ServerState, ServerStep } from './types.ts';
import { askForShares } from './unmasking.ts';

type ConsistencyState = Extract<ServerState, { name: 'consistency-check' }>;

/**
 * Round 3 (ConsistencyCheck, Bonawitz 2017 §4): one witness's signature over U3.
 * @throws CairnError `identity-signature`: the member is dropped, its input still counts
 */
export function onConsistency(
  state: ConsistencyState,
  from: ClientIndex,
  member: MemberId,
  message: Message,
): ServerStep {
  const { context, facts, survivors, signatures } = state;
  const { signature } = decodeConsistency(message);
  const { identityKey } = context.directory!.entries.get(member)!;
  if (
    !context.primitives.ed25519Verify(
      identityKey,
      survivorBytes(context.primitives, facts.sessionId, survivors),
      signature,
    )
  ) {
    throw new CairnError('identity-signature', `member ${member} did not sign the survivor set it was sent`, {
      culprits: [member],
    });
  }
  signatures.set(from, signature);
  return unchanged(state);
}

/**
 * U4 is fixed: all remaining members of U3 are asked for shares, whether they had to sign or not.
 */
export function closeSignatures(state: ConsistencyState): ServerStep {
  const { context, facts, sharers, commitments, survivors, sum, signatures } = state;
  const there = setBits(survivors)
    .map(clientIndex)
    .filter((index) => !context.lost.has(facts.roster[index]!.member));
  return askForShares(context, { facts, sharers, commitments, survivors, sum }, there, signatures);
}
