import type { Message } from '../../../wire/header.ts';
import { CairnError } from '../../../errors.ts';
import { type ClientIndex, clientIndex } from '../../../ids.ts';
import { createMaskVector } from '../../../kernels/index.ts';
import { bitmapOf } from '../../../wire/bitmap.ts';
import { encodeRoutedShares } from '../messages/routed-shares.ts';
import { decodeShareKeys, SEALED_SHARES_LENGTH } from '../messages/share-keys.ts';
import { commitmentBytes } from '../signatures.ts';
import { inputLength } from '../../../rounds/inputs/index.ts';
import { assertSigned, presentAt } from './members.ts';
import { transition, unchanged } from './result.ts';
import type { Outgoing, ServerState, ServerStep } from './types.ts';

type ShareState = Extract<ServerState, { name: 'share-keys' }>;

/**
 * Round 1 (ShareKeys, Bonawitz 2017 §4): one member's sealed shares, kept as one block until they are routed,
 * and its commitment, which is kept.
 *
 * Its signature over the commitment is checked at once: otherwise members of U2 would not be bound to what they
 * committed to, and a lie about it could not be proven to others.
 * @throws CairnError `wire-…`, `identity-signature`: the member is dropped
 */
export function onShareKeys(state: ShareState, from: ClientIndex, message: Message): ServerStep {
  const { commitment, signature, count, sealed } = decodeShareKeys(message);
  const expected = state.facts.graph.degree;
  if (count !== expected)
    throw new CairnError('wire-bounds', `there are shares for ${count} neighbours, but the member has ${expected}`);
  state.sealed.set(from, sealed.slice());
  checkCommitment(state, from, commitment, signature);
  state.commitments.set(from, { commitment: commitment.slice(), signature: signature?.slice() });
  return unchanged(state);
}

function checkCommitment(
  { context, facts }: ShareState,
  from: ClientIndex,
  commitment: Uint8Array,
  signature: Uint8Array | undefined,
): void {
  const { member } = facts.roster[from]!;
  assertSigned(context, member, signature);
  if (signature === undefined) return;
  const { identityKey } = context.directory!.entries.get(member)!;
  const signed = commitmentBytes(context.primitives, facts.sessionId, from, commitment);
  if (context.primitives.ed25519Verify(identityKey, signed, signature)) return;
  throw new CairnError('identity-signature', `member ${member} did not sign its commitment`, { culprits: [member] });
}

/** U2 is fixed: each of its members gets what its neighbours in U2 sealed for it. */
export function routeShares(state: ShareState): ServerStep {
  const { context, facts, sealed, commitments } = state;
  const sharers = new Set([...sealed.keys()].sort((a, b) => a - b));
  const send = [...sharers].map((to): Outgoing => {
    return { to: facts.roster[to]!.member, name: 'routedShares', bytes: () => routed(state, to) };
  });
  const sum = createMaskVector(inputLength(context.settings));
  return transition(
    {
      name: 'masked-input',
      context,
      facts,
      waiting: presentAt(context, facts, sharers),
      sharers,
      commitments,
      sum,
      received: new Set(),
    },
    sharers.size,
    send,
  );
}

function routed({ context, facts, sealed }: ShareState, to: ClientIndex): Uint8Array {
  const neighbours = facts.graph.neighbours(to);
  const present = neighbours.map((_, i) => i).filter((i) => sealed.has(clientIndex(neighbours[i]!)));
  const block = new Uint8Array(present.length * SEALED_SHARES_LENGTH);
  present.forEach((i, at) => {
    const from = clientIndex(neighbours[i]!);
    const start = facts.graph.placeOf(from, to) * SEALED_SHARES_LENGTH;
    block.set(sealed.get(from)!.subarray(start, start + SEALED_SHARES_LENGTH), at * SEALED_SHARES_LENGTH);
  });
  return encodeRoutedShares({
    suite: context.settings.suite,
    context: facts.sessionId,
    neighbours: neighbours.length,
    present: bitmapOf(neighbours.length, present),
    sealed: block,
  });
}
