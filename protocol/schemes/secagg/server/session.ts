import { equalBytes } from '../../../crypto/bytes.ts';
import { asCairnError, CairnError, type ErrorCode, isErrorCode } from '../../../errors.ts';
import { printable } from '../../../printable.ts';
import type { MemberId } from '../../../ids.ts';
import type { MaskVector } from '../../../kernels/index.ts';
import { setBits } from '../../../wire/bitmap.ts';
import type { Message } from '../../../wire/header.ts';
import { decodeAbort } from '../../../wire/messages/abort.ts';
import { frameFalseDealing } from '../messages/false-dealing.ts';
import { encodeInvitation } from '../../../wire/messages/invitation.ts';
import { encodeSettings, settingsHash } from '../../../wire/settings.ts';
import { assertInputs } from '../../../rounds/inputs/index.ts';
import { assertTakes } from './expected-messages.ts';
import { closeRoster, onAdvertiseKeys } from './advertise-keys.ts';
import { closeSignatures, onConsistency } from './consistency-check.ts';
import { announced, fixSurvivors, onMaskedInput } from './masked-input.ts';
import { abort, chain, drop, falseShareDrops, transition, refuseMessage, secretsOf, unchanged } from './result.ts';
import { answered, type Collecting, effectOn, isCollecting, isOver, minFor } from './members.ts';
import { onShareKeys, routeShares } from './share-keys.ts';
import type { SentMessage, ServerStart as SchemeStart } from '../../../rounds/scheme.ts';
import type { Outgoing, ServerContext, ServerInput, ServerState, ServerStep } from './types.ts';
import { onUnmaskShares, plan } from './unmasking.ts';

/** What a round is started with. */
export interface ServerStart extends SchemeStart {
  /** When the sum's secrets are opened. Default: immediately, in the step in which the last shares arrive. */
  readonly opening?: ServerContext['opening'];
}

/**
 * Starts a server session: the invitations.
 * @throws CairnError `settings-invalid`, `overflow-budget`, `privacy-infeasible`, `directory-mismatch`: it cannot be
 * run
 */
export function startServer(start: ServerStart): ServerStep {
  const { primitives, settings, directory, invited, target, opening = 'at-once', proofs = [] } = start;
  assertInputs(settings);
  const members = new Set(invited);
  if (
    settings.adversary === 'active' &&
    (directory === undefined || !equalBytes(directory.hash, settings.directoryHash))
  ) {
    throw new CairnError('directory-mismatch', 'an active round needs the member directory that its settings name');
  }
  if (target > settings.maxCohort || target < settings.minCohort) {
    throw new CairnError(
      'settings-invalid',
      `the cohort must have ${settings.minCohort} to ${settings.maxCohort} members, but the target is ${target}`,
    );
  }
  const encoded = encodeSettings(settings);
  const hash = settingsHash(primitives, encoded);
  const context: ServerContext = {
    primitives,
    settings,
    settingsHash: hash,
    directory,
    invited: members,
    target,
    opening,
    drops: [],
    lost: new Set(),
  };
  const header = { suite: settings.suite, context: hash };
  const invitation = encodeInvitation({ ...header, settings: encoded });
  const messages: readonly SentMessage[] = [
    { name: 'invitation', bytes: invitation },
    ...proofs.map((proof) => ({ name: 'falseDealing', bytes: frameFalseDealing(header, proof) }) as const),
  ];
  return transition(
    { name: 'advertise-keys', context, waiting: new Set(members), advertised: new Map(), keys: new Set() },
    members.size,
    [...members].flatMap((to) => messages.map(({ name, bytes }): Outgoing => ({ to, name, bytes: () => bytes }))),
  );
}

/**
 * One step of a server session. It never throws. An unexpected message is refused and changes nothing; a message that
 * breaks the protocol costs its sender its place, not the others the round. The input state is spent: the resulting
 * state takes over its collections.
 */
export function stepServer(state: ServerState, input: ServerInput): ServerStep {
  switch (input.kind) {
    case 'message':
      return onMessage(state, input.from, input.message);
    case 'leave':
      return onLeave(state, input.member, input.reason);
    case 'deadline':
      return isCollecting(state) ? advance(state, true) : unchanged(state);
    case 'unmasked':
      return onUnmasked(state, input.correction);
    case 'abandon':
      return isOver(state) ? unchanged(state) : abort(state, input.error);
  }
}

function onMessage(state: ServerState, from: MemberId, message: Message): ServerStep {
  try {
    assertTakes(state, from, message);
  } catch (thrown) {
    return refuseMessage(state, asCairnError(thrown));
  }
  try {
    // A malformed abort costs its sender its place like any other: it meant to leave, and no state waits for it.
    if (message.name === 'abort') return onAbort(state, from, message);
    const taken = take(state, from, message);
    state.waiting.delete(from);
    return chain(taken, proceed);
  } catch (thrown) {
    const error = asCairnError(thrown);
    return { ...chain(drop(state, from, effectOn(state, from), error, { tell: true }), proceed), refusal: error };
  }
}

function take(state: Collecting, from: MemberId, message: Message): ServerStep {
  if (state.name === 'advertise-keys') return onAdvertiseKeys(state, from, message);
  const index = state.facts.indexOf.get(from)!;
  switch (state.name) {
    case 'share-keys':
      return onShareKeys(state, index, message);
    case 'masked-input':
      return onMaskedInput(state, index, message);
    case 'consistency-check':
      return onConsistency(state, index, from, message);
    case 'unmasking':
      return onUnmaskShares(state, index, message);
  }
}

function onAbort(state: Collecting, from: MemberId, received: Message): ServerStep {
  const { code, message, culprits } = decodeAbort(received);
  const reason = { code: isErrorCode(code) ? code : 'member-left', message: printable(message) } as const;
  return lose(state, from, reason, culprits.filter(isNeighbour(state, from)));
}

/** Members that one may have reason to blame: those whose messages it was sent. None before there is a roster. */
function isNeighbour(state: Collecting, of: MemberId): (other: MemberId) => boolean {
  if (state.name === 'advertise-keys') return () => false;
  const { graph, indexOf } = state.facts;
  const own = indexOf.get(of);
  const neighbours = new Set(own === undefined ? [] : graph.neighbours(own));
  return (other) => neighbours.has(indexOf.get(other) ?? -1);
}

function onLeave(state: ServerState, member: MemberId, reason: ErrorCode): ServerStep {
  const { context } = state;
  if (!isCollecting(state) || !context.invited.has(member) || context.lost.has(member)) return unchanged(state);
  return lose(state, member, { code: reason, message: `member ${member} left` });
}

function lose(
  state: Collecting,
  member: MemberId,
  error: { readonly code: ErrorCode; readonly message: string },
  blames: readonly MemberId[] = [],
): ServerStep {
  if (state.name === 'advertise-keys') state.advertised.delete(member);
  return chain(drop(state, member, effectOn(state, member), error, { tell: false, blames }), proceed);
}

/** Continues once no answer is awaited any more. */
function proceed(state: ServerState): ServerStep {
  return isCollecting(state) ? advance(state, false) : unchanged(state);
}

function advance(state: Collecting, deadline: boolean): ServerStep {
  const { context } = state;
  const waitingFor = state.waiting;
  const full = state.name === 'advertise-keys' && state.advertised.size >= context.target;
  if (!deadline && !full && waitingFor.size > 0) {
    const possible = answered(state).size + waitingFor.size;
    return possible < minFor(state) ? abort(state, below(state, possible)) : unchanged(state);
  }
  if (answered(state).size < minFor(state)) {
    return chain(dropAll(state, [...waitingFor]), (next) => abort(next, below(state, answered(state).size)));
  }
  if (state.name === 'advertise-keys') {
    return closeRoster(
      state,
      full ? COHORT_FULL() : new CairnError('deadline-missed', 'keys were not advertised in time'),
    );
  }
  return chain(dropAll(state, [...waitingFor]), (next) => close(next as typeof state));
}

const COHORT_FULL = (): CairnError =>
  new CairnError('cohort-full', 'the cohort filled up before this client was ready');

function dropAll(state: Collecting, members: readonly MemberId[]): ServerStep {
  const error = new CairnError('deadline-missed', `no answer came in time in state ${state.name}`);
  return members.reduce<ServerStep>(
    (step, member) => chain(step, () => drop(state, member, effectOn(state, member), error, { tell: true })),
    unchanged(state),
  );
}

function close(state: Exclude<Collecting, { name: 'advertise-keys' }>): ServerStep {
  switch (state.name) {
    case 'share-keys':
      return routeShares(state);
    case 'masked-input':
      return chain(announced(fixSurvivors(state)), proceed);
    case 'consistency-check':
      return chain(closeSignatures(state), proceed);
    case 'unmasking':
      return plan(state);
  }
}

function below(state: Collecting, left: number): CairnError {
  return new CairnError(
    'below-threshold',
    `${left} ${left === 1 ? 'member is' : 'members are'} left in state ${state.name}, at least ${minFor(state)} are needed`,
  );
}

function onUnmasked(state: ServerState, correction: MaskVector): ServerStep {
  if (state.name !== 'computing' || !state.opening.finished)
    return refuseMessage(
      state,
      new CairnError('wrong-state', `received the unmasked sum while in state ${state.name}`),
    );
  const { context, facts, survivors, sum } = state;
  if (correction.length !== sum.length)
    return abort(state, new CairnError('internal', 'the computed correction does not have the same length as the sum'));
  sum.addValues(correction.words());
  const values = sum.toValues(context.settings.modulusBits);
  sum.wipe();
  const included = setBits(survivors).map((index) => facts.roster[index]!.member);
  const found = falseShareDrops(state);
  return transition(
    { name: 'committed', context },
    included.length,
    [],
    [...found, { kind: 'committed', sum: values, included, drops: [...context.drops] }],
    secretsOf(state),
  );
}
