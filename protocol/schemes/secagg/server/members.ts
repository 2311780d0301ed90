import { CairnError } from '../../../errors.ts';
import type { ClientIndex, MemberId } from '../../../ids.ts';
import type { MessageName } from '../../../wire/header.ts';
import { byState } from '../../../rounds/states.ts';
import { minSharers } from '../parameters/index.ts';
import type { CollectingState, DropEffect, ServerContext, ServerParameters, ServerState } from './types.ts';

/** A state that takes messages from members. */
export type Collecting = Extract<ServerState, { name: CollectingState }>;

/** Whether the round has ended. */
export const isOver = (state: ServerState): boolean => state.name === 'committed' || state.name === 'aborted';

/** Whether the state takes messages. */
export function isCollecting(state: ServerState): state is Collecting {
  return !isOver(state) && state.name !== 'computing';
}

/** The one message that each state takes. */
export const EXPECTED: Readonly<Record<CollectingState, MessageName>> = byState(({ takes }) => takes);

/** The members that have answered in this state, by index; by member id while there is no roster. */
export function answered(state: Collecting): ReadonlyMap<number, unknown> | ReadonlySet<number> {
  switch (state.name) {
    case 'advertise-keys':
      return state.advertised;
    case 'share-keys':
      return state.sealed;
    case 'masked-input':
      return state.received;
    case 'consistency-check':
      return state.signatures;
    case 'unmasking':
      return state.revealed;
  }
}

/** Whether a member has answered in this state. */
export function hasAnswered(state: Collecting, member: MemberId): boolean {
  return answered(state).has(state.name === 'advertise-keys' ? member : state.facts.indexOf.get(member)!);
}

/** Members at these places of the roster that are not lost: a new state waits for their answers. */
export function presentAt(
  context: ServerContext,
  { roster }: ServerParameters,
  places: Iterable<ClientIndex>,
): Set<MemberId> {
  const members = [...places].map((index) => roster[index]!.member);
  return new Set(members.filter((member) => !context.lost.has(member)));
}

/**
 * In an active round identities sign what they share and reveal; a curious one has no signatures.
 * @throws CairnError `wire-not-canonical`
 */
export function assertSigned({ settings }: ServerContext, member: MemberId, signature: Uint8Array | undefined): void {
  if ((signature !== undefined) === (settings.adversary === 'active')) return;
  const text = signature === undefined ? 'in an active round it must sign' : 'a curious round has no signatures';
  throw new CairnError('wire-not-canonical', `member ${member}: ${text}`, { culprits: [member] });
}

/** The effect on the sum of losing a member now. */
export function effectOn(state: Collecting, member: MemberId): DropEffect {
  switch (state.name) {
    case 'advertise-keys':
    case 'share-keys':
      return 'before-input';
    case 'masked-input':
      return hasAnswered(state, member) ? 'after-input' : 'before-input';
    case 'consistency-check':
      return 'after-input';
    case 'unmasking':
      return hasAnswered(state, member) ? 'after-input' : 'without-unmasking';
  }
}

/** Minimum number of members with which a round can leave a state and still reach a sum. */
export function minFor(state: Collecting): number {
  const { minCohort } = state.context.settings;
  if (state.name === 'advertise-keys') return minCohort;
  const { parameters } = state.facts;
  // Signatures only need a quorum, and shares the threshold: the inputs they are about are already in the sum.
  if (state.name === 'consistency-check') return parameters.quorum;
  if (state.name === 'unmasking') return parameters.threshold;
  return Math.max(minSharers(parameters), minCohort);
}
