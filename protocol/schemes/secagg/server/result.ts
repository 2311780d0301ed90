import type { SecretBytes } from '../../../crypto/secret.ts';
import type { CairnError, ErrorCode } from '../../../errors.ts';
import type { MemberId } from '../../../ids.ts';
import { encodeAbort } from '../../../wire/messages/abort.ts';
import type {
  CollectingState,
  Drop,
  DropEffect,
  Outgoing,
  ServerContext,
  ServerEvent,
  ServerState,
  ServerStep,
} from './types.ts';

type In<Name extends ServerState['name']> = Extract<ServerState, { name: Name }>;

/** A step that only changes the state. */
export const unchanged = (state: ServerState): ServerStep => ({ state, send: [], events: [], wipe: [] });

/** A message that was not taken: nothing changes. */
export const refuseMessage = (state: ServerState, refusal: CairnError): ServerStep => ({
  ...unchanged(state),
  refusal,
});

/** A step into another state: its event comes first. */
export function transition(
  state: ServerState,
  members: number,
  send: readonly Outgoing[] = [],
  events: readonly ServerEvent[] = [],
  wipe: readonly SecretBytes[] = [],
): ServerStep {
  return { state, send, events: [{ kind: 'state', name: state.name, members }, ...events], wipe };
}

/** One step after another: messages, events and secrets to wipe are concatenated. */
export function chain(first: ServerStep, next: (state: ServerState) => ServerStep): ServerStep {
  const second = next(first.state);
  return {
    state: second.state,
    send: [...first.send, ...second.send],
    events: [...first.events, ...second.events],
    wipe: [...first.wipe, ...second.wipe],
    ...(first.refusal === undefined ? {} : { refusal: first.refusal }),
  };
}

/** Drops a member from the round, once: the record, and the message that tells it why. */
export function drop(
  state: Extract<ServerState, { name: CollectingState }>,
  member: MemberId,
  effect: DropEffect,
  error: { readonly code: ErrorCode; readonly message: string },
  options: { readonly tell: boolean; readonly blames?: readonly MemberId[] },
): ServerStep {
  const { context } = state;
  const { blames = [] } = options;
  const record: Drop = {
    ...{ member, state: state.name, reason: error.code, effect },
    ...(blames.length === 0 ? {} : { blames }),
  };
  state.waiting.delete(member);
  context.lost.add(member);
  context.drops.push(record);
  const send = options.tell ? [abortFor(context, member, error)] : [];
  return { ...unchanged(state), send, events: [{ kind: 'dropped', drop: record }] };
}

/** The message that tells a member that it is out. */
export function abortFor(
  { settings, settingsHash }: ServerContext,
  to: MemberId,
  error: Pick<CairnError, 'code' | 'message'>,
): Outgoing {
  const { suite } = settings;
  return { to, name: 'abort', bytes: () => encodeAbort({ suite, context: settingsHash }, error), last: true };
}

/**
 * Records of holders that revealed false shares, once the secrets were opened or could not be. Such a holder stays in
 * the sum; that it lied is not proven, since the owner may have given it a false share, so the record also names the
 * owners. Holders that signed falsely what they revealed are recorded too, as far as their signatures were needed.
 */
export function falseShareDrops({ context, facts, opening }: In<'computing'>): ServerEvent[] {
  const unsigned = opening.proofs.unsigned.map((member): ServerEvent => {
    const drop: Drop = { member, state: 'unmasking', reason: 'identity-signature', effect: 'after-input' };
    context.drops.push(drop);
    return { kind: 'dropped', drop };
  });
  const lied = [...opening.falseShares].map(([holder, owners]): ServerEvent => {
    const record: Drop = {
      member: facts.roster[holder]!.member,
      state: 'unmasking',
      reason: 'share-false',
      effect: 'after-input',
      owners: owners.map((owner) => facts.roster[owner]!.member),
    };
    context.drops.push(record);
    return { kind: 'dropped', drop: record };
  });
  return [...unsigned, ...lied];
}

/** The end of a round without a sum. The coordinator's secrets of it are wiped. */
export function abort(state: ServerState, error: CairnError): ServerStep {
  const { context } = state;
  const events = state.name === 'computing' ? falseShareDrops(state) : [];
  const proofs = state.name === 'computing' ? state.opening.proofs.bodies : [];
  events.push({ kind: 'aborted', error, drops: [...context.drops], proofs });
  if ('sum' in state) state.sum.wipe();
  return transition({ name: 'aborted', context, error }, 0, [], events, secretsOf(state));
}

/** Every secret that a state holds. */
export function secretsOf(state: ServerState): SecretBytes[] {
  if (state.name === 'unmasking') return [...state.revealed.values()];
  if (state.name === 'computing') return [...state.opening.secrets];
  return [];
}
