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

/** Who has answered in this state, by index; by member id while there is no roster. */
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

/** Members at some places of the roster who are not lost: for whose answers a new state waits. */
export function presentAt(
  context: ServerContext,
  { roster }: ServerParameters,
  places: Iterable<ClientIndex>,
): Set<MemberId> {
  const members = [...places].map((index) => roster[index]!.member);
  return new Set(members.filter((member) => !context.lost.has(member)));
}

/**
 * In an active round identities sign what they share and reveal, in a curious one there are none.
 * @throws CairnError `wire-not-canonical`
 */
export function assertSigned({ settings }: ServerContext, member: MemberId, signature: Uint8Array | undefined): void {
  if ((signature !== undefined) === (settings.adversary === 'active')) return;
  const text = signature === undefined ? 'in an active round it must sign' : 'a curious round has no signatures';
  throw new CairnError('wire-not-canonical', `member ${member}: ${text}`, { culprits: [member] });
}

/** What losing a member now means for the sum. */
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

/** Fewest members with which a state can be left towards a sum. */
export function minFor(state: Collecting): number {
  const { minCohort } = state.context.settings;
  if (state.name === 'advertise-keys') return minCohort;
  const { parameters } = state.facts;
  // Signatures only need a quorum and shares the threshold: the inputs they speak of are in the sum already.
  if (state.name === 'consistency-check') return parameters.quorum;
  if (state.name === 'unmasking') return parameters.threshold;
  return Math.max(minSharers(parameters), minCohort);
}
