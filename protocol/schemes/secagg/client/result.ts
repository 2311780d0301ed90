import type { SecretBytes } from '../../../crypto/secret.ts';
import type { CairnError } from '../../../errors.ts';
import { encodeAbort } from '../../../wire/messages/abort.ts';
import type { SentMessage } from '../../../rounds/scheme.ts';
import { refusalReason } from './reason.ts';
import type { ClientContext, ClientEvent, ClientState, ClientStep, SharePair } from './types.ts';

/** A step into another state, with its messages and what to wipe. */
export function transition(
  state: ClientState,
  send: readonly SentMessage[],
  wipe: readonly SecretBytes[],
  ...events: readonly ClientEvent[]
): ClientStep {
  return { state, send, events: [{ kind: 'state', name: state.name }, ...events], wipe };
}

/** A step that only changes what the state knows. */
export const unchanged = (state: ClientState): ClientStep => ({ state, send: [], events: [], wipe: [] });

/** A message that was not taken: nothing changes. */
export function refuseMessage(state: ClientState, refusal: CairnError): ClientStep {
  return { state, send: [], events: [], wipe: [], refusal };
}

/** Every secret that a state holds. */
export function secretsOf(state: ClientState): SecretBytes[] {
  switch (state.name) {
    case 'advertise-keys':
    case 'cipher-agreement':
      return [state.cipher.secretKey, state.mask.secretKey];
    case 'share-keys':
      return [state.mask.secretKey, state.selfSeed, state.ownShares, ...state.openKeys];
    case 'mask-agreement':
      return [state.mask.secretKey, state.selfSeed, ...pairs(state.held)];
    case 'masked-input':
      return [state.selfSeed, ...state.pairKeys.values(), ...pairs(state.held)];
    case 'consistency-check':
    case 'unmasking':
      return pairs(state.held);
    case 'done':
    case 'closed':
      return [];
  }
}

const pairs = (held: ReadonlyMap<number, SharePair>): SecretBytes[] => [...held.values()];

/** The end of a session: every secret it holds is wiped. */
export function close(state: ClientState, send: readonly SentMessage[], ...events: readonly ClientEvent[]): ClientStep {
  return transition({ name: 'closed', context: state.context }, send, secretsOf(state), ...events);
}

/** The client refuses to continue: it tells its user why, the coordinator as its policy allows, and wipes everything. */
export function refuseRound(state: ClientState, error: CairnError): ClientStep {
  const { context } = state;
  return close(state, [abortMessage(context, refusalReason(error, context.policy))], { kind: 'refused', error });
}

/** The message that tells the coordinator that a client is out of the round, and which members are at fault. */
export function abortMessage({ settings, settingsHash }: ClientContext, error: CairnError): SentMessage {
  const header = { suite: settings.suite, context: settingsHash };
  return { name: 'abort', bytes: encodeAbort(header, error, error.culprits) };
}
