import type { Message } from '../../../wire/header.ts';
import { SecretBytes } from '../../../crypto/secret.ts';
import { isCanonicalShare } from '../../../crypto/shamir.ts';
import { SIZES } from '../../../crypto/suite.ts';
import { asCairnError, CairnError } from '../../../errors.ts';
import type { ClientIndex } from '../../../ids.ts';
import { bitmapOf } from '../../../wire/bitmap.ts';
import { encodeUnmaskRequest } from '../messages/unmask-request.ts';
import { decodeUnmaskShares } from '../messages/unmask-shares.ts';
import type { UnmaskPlan } from '../unmask.ts';
import { assertSigned, presentAt } from './members.ts';
import { SecretRecovery } from './secret-recovery.ts';
import { abort, transition, secretsOf, unchanged } from './result.ts';
import { holdings } from './revealed.ts';
import type { Outgoing, ServerContext, ServerState, ServerStep, FrozenSum } from './types.ts';

type UnmaskState = Extract<ServerState, { name: 'unmasking' }>;

/** Round 4 begins (Unmasking, Bonawitz 2017 §4): the request, with a quorum of signatures, the same for all members. */
export function askForShares(
  context: ServerContext,
  summed: FrozenSum,
  asked: readonly ClientIndex[],
  signatures: ReadonlyMap<ClientIndex, Uint8Array>,
): ServerStep {
  const { facts, survivors } = summed;
  const { witnesses } = facts;
  const places = witnesses.map((_, place) => place).filter((place) => signatures.has(witnesses[place]!));
  const signers = places.slice(0, facts.parameters.quorum);
  const bytes = encodeUnmaskRequest({
    suite: context.settings.suite,
    context: facts.sessionId,
    size: facts.tree.size,
    survivors,
    witnesses: witnesses.length,
    signers: bitmapOf(witnesses.length, signers),
    signatures: signers.map((place) => signatures.get(witnesses[place]!)!),
  });
  const send = asked.map((to): Outgoing => ({
    to: facts.roster[to]!.member,
    name: 'unmaskRequest',
    bytes: () => bytes,
  }));
  const state: ServerState = {
    name: 'unmasking',
    context,
    ...summed,
    waiting: presentAt(context, facts, asked),
    revealed: new Map(),
    revealedSignatures: new Map(),
  };
  return transition(state, asked.length, send);
}

/**
 * Round 4: one member's shares, one for each member it holds shares of.
 * @throws CairnError `wire-…`: the member is dropped without unmasking, its input still counts
 */
export function onUnmaskShares(state: UnmaskState, from: ClientIndex, message: Message): ServerStep {
  const { count, shares, signature } = decodeUnmaskShares(message);
  const expected = holdings(state, from).length;
  if (count !== expected)
    throw new CairnError('wire-bounds', `there are ${count} shares, but ${expected} were requested`);
  for (let i = 0; i < count; i++) {
    if (!isCanonicalShare(shares.subarray(i * SIZES.share, (i + 1) * SIZES.share))) {
      throw new CairnError('wire-not-canonical', `share ${i} is not an element of the field`);
    }
  }
  assertSigned(state.context, state.facts.roster[from]!.member, signature);
  if (signature !== undefined) state.revealedSignatures.set(from, signature.slice());
  state.revealed.set(from, new SecretBytes(shares.slice()));
  return unchanged(state);
}

/**
 * All shares that will arrive are in: emits the plan of what to compute. Secrets are rebuilt and checked first, unless
 * the round opens them in turns; then the plan's jobs come with the opening.
 */
export function plan(state: UnmaskState): ServerStep {
  const { context, facts, sharers, commitments, sum, survivors } = state;
  const opening = new SecretRecovery(state);
  const { suite } = context.settings;
  const unmaskPlan: UnmaskPlan = { suite, sessionId: facts.sessionId, length: sum.length, jobs: opening.jobs };
  const summed: FrozenSum = { facts, sharers, commitments, sum, survivors };
  const next: ServerState = { name: 'computing', context, ...summed, plan: unmaskPlan, opening };
  if (context.opening === 'at-once') {
    try {
      opening.runAtOnce();
    } catch (thrown) {
      return abort(next, asCairnError(thrown));
    }
  }
  const events = [{ kind: 'unmask-plan', plan: unmaskPlan, opening }] as const;
  return transition(next, state.revealed.size, [], events, context.opening === 'at-once' ? secretsOf(state) : []);
}
