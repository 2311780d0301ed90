import { agreeAll } from '../../../crypto/agreer.ts';
import { equalBytes } from '../../../crypto/bytes.ts';
import type { SecretBytes } from '../../../crypto/secret.ts';
import { asCairnError, CairnError, isErrorCode } from '../../../errors.ts';
import { printable } from '../../../printable.ts';
import type { Header, Message } from '../../../wire/header.ts';
import { decodeAbort } from '../../../wire/messages/abort.ts';
import { decodeFalseDealing } from '../messages/false-dealing.ts';
import { decodeOutcome } from '../../../wire/messages/outcome.ts';
import { decodeRoster } from '../messages/roster.ts';
import { decodeRoutedShares } from '../messages/routed-shares.ts';
import { decodeSurvivors } from '../messages/survivors.ts';
import { decodeUnmaskRequest } from '../messages/unmask-request.ts';
import { onAgreements, wantedAgreements } from './agreements.ts';
import { onFalseDealing } from './false-dealing.ts';
import { onInput } from './masked-input.ts';
import { abortMessage, close, refuseMessage, refuseRound } from './result.ts';
import { onRoster, onRoutedShares } from './share-keys.ts';
import type { ClientInput, ClientState, ClientStep } from './types.ts';
import { onSurvivors, onUnmaskRequest } from './unmasking.ts';

export { startClient } from './advertise-keys.ts';
export { wantedAgreements } from './agreements.ts';

/**
 * One step of a client session: a pure function of state and input. It never throws. An unexpected message is refused
 * and changes nothing; a message that shows that the coordinator or a peer cheats ends the session, and everything
 * secret is in `wipe`.
 */
export function stepClient(state: ClientState, input: ClientInput): ClientStep {
  const step = stepOnce(state, input);
  return step.state.context.agreements === 'inline' ? withAgreements(step) : step;
}

function stepOnce(state: ClientState, input: ClientInput): ClientStep {
  switch (input.kind) {
    case 'message':
      return onMessage(state, input.message);
    case 'agreements':
      return takeAgreements(state, input.shared);
    case 'input':
      if (state.name !== 'masked-input') return refuseMessage(state, outOfPlace('the local input', state));
      return guarded(state, () => onInput(state, input.values));
    case 'leave':
      if (state.name === 'closed') return refuseMessage(state, outOfPlace('leave', state));
      return close(state, [abortMessage(state.context, input.error)], {
        kind: 'abandoned',
        code: input.error.code,
        message: input.error.message,
      });
  }
}

/** Whether the agreements are used or not, a step leaves no shared secret behind. */
function takeAgreements(state: ClientState, shared: readonly SecretBytes[]): ClientStep {
  const step =
    state.name === 'cipher-agreement' || state.name === 'mask-agreement'
      ? guarded(state, () => onAgreements(state, shared))
      : refuseMessage(state, outOfPlace('key agreements', state));
  return { ...step, wipe: [...step.wipe, ...shared] };
}

/** Continues a step that ends in a wait for agreements: the caller sees the state that follows, and never the wait. */
function withAgreements(step: ClientStep): ClientStep {
  const { state, wipe } = step;
  const wanted = wantedAgreements(state);
  if (wanted === undefined || step.refusal !== undefined) return step;
  const next = guarded(state, () => {
    const shared = agreeAll(state.context.primitives, wanted);
    try {
      return takeAgreements(state, shared);
    } finally {
      // In a simulation 1000 clients step one after another, and their drivers may wipe late.
      for (const secret of shared) secret.wipe();
    }
  });
  return { ...next, wipe: [...wipe, ...next.wipe] };
}

function onMessage(state: ClientState, message: Message): ClientStep {
  try {
    if (message.name === 'outcome') return onOutcome(state, message);
    if (message.name === 'abort') return onAbort(state, message);
    return take(state, message);
  } catch (thrown) {
    return refuseMessage(state, asCairnError(thrown));
  }
}

/**
 * Each state takes exactly one message, and the first one takes proofs before it. Decoding may throw: a malformed
 * message changes nothing, nor does a proof that does not hold.
 */
function take(state: ClientState, message: Message): ClientStep {
  const { name } = message;
  switch (state.name) {
    case 'advertise-keys': {
      if (name === 'falseDealing') {
        return onFalseDealing(state, bound(state, state.context.settingsHash, decodeFalseDealing(message)));
      }
      if (name !== 'roster') break;
      const roster = bound(state, state.context.settingsHash, decodeRoster(message));
      return guarded(state, () => onRoster(state, roster));
    }
    case 'share-keys': {
      if (name !== 'routedShares') break;
      const routed = bound(state, state.facts.sessionId, decodeRoutedShares(message));
      return guarded(state, () => onRoutedShares(state, routed));
    }
    case 'consistency-check': {
      if (name !== 'survivors') break;
      const survivors = bound(state, state.facts.sessionId, decodeSurvivors(message));
      return guarded(state, () => onSurvivors(state, survivors));
    }
    case 'unmasking': {
      if (name !== 'unmaskRequest') break;
      const request = bound(state, state.facts.sessionId, decodeUnmaskRequest(message));
      return guarded(state, () => onUnmaskRequest(state, request));
    }
    case 'done':
      if (name === 'unmaskRequest')
        throw new CairnError('unmask-twice', 'shares were requested again in a session that has revealed them');
      break;
    case 'cipher-agreement':
    case 'mask-agreement':
    case 'masked-input':
      break;
    case 'closed':
      throw new CairnError('session-closed', `received ${name} after the session had ended`);
  }
  throw outOfPlace(name, state);
}

/** Runs the handler of a well-formed message: an error there is a refusal of the round, not of the message. */
function guarded(state: ClientState, run: () => ClientStep): ClientStep {
  try {
    return run();
  } catch (thrown) {
    return refuseRound(state, asCairnError(thrown));
  }
}

function onOutcome(state: ClientState, message: Message): ClientStep {
  const outcome = bound(state, state.context.settingsHash, decodeOutcome(message));
  if (state.name === 'closed') throw new CairnError('session-closed', 'received outcome after the session had ended');
  if (outcome.kind === 'committed') {
    // An update that was never sent is in no sum: believing it would make the client forget the update.
    if (outcome.included && BEFORE_INPUT.has(state.name)) throw outOfPlace('an outcome with its own input', state);
    return close(state, [], { kind: 'committed', included: outcome.included, modelHash: outcome.modelHash });
  }
  return close(state, [], abandoned(outcome));
}

function onAbort(state: ClientState, message: Message): ClientStep {
  const abort = bound(state, state.context.settingsHash, decodeAbort(message));
  if (state.name === 'closed') throw new CairnError('session-closed', 'received abort after the session had ended');
  return close(state, [], abandoned(abort));
}

const abandoned = ({ code, message }: { readonly code: string; readonly message: string }) =>
  ({ kind: 'abandoned', code: isErrorCode(code) ? code : undefined, message: printable(message) }) as const;

/** Refuses a message that belongs to another round, session or suite before it is processed. */
function bound<M extends Header>({ context }: ClientState, expected: Uint8Array, message: M): M {
  if (!equalBytes(expected, message.context))
    throw new CairnError('session-mismatch', 'the message belongs to another round or session');
  if (message.suite !== context.settings.suite)
    throw new CairnError('wire-suite', `the round runs suite ${context.settings.suite}, the message ${message.suite}`);
  return message;
}

const outOfPlace = (what: string, state: ClientState): CairnError =>
  new CairnError('wrong-state', `received ${what} while in state ${state.name}`);

/** States in which the masked input has not been sent. */
const BEFORE_INPUT: ReadonlySet<ClientState['name']> = new Set([
  'advertise-keys',
  'cipher-agreement',
  'share-keys',
  'mask-agreement',
  'masked-input',
]);
