import { assertConsent } from '../../protocol/aggregation/client/consent.ts';
import type { ClientState, ClientStep } from '../../protocol/aggregation/client/types.ts';
import { messageName } from '../../protocol/wire/header.ts';
import { assertPrivacy, deltaOf } from '../consent/assert-privacy.ts';
import type { RoundAtWork, RoundFromModel } from './context.ts';

/**
 * Holds a round against what the client's policy says of its settings alone, before anything is fetched for it.
 * @throws whatever `assertConsent` throws; the signal's reason once the round is over
 */
export async function checkPolicy({ context, settings, over }: RoundAtWork): Promise<void> {
  const { consent, policy } = context;
  const { roundsWithinDay } = await consent.history();
  over.throwIfAborted();
  assertConsent(settings, policy, { roundsWithinDay });
}

/**
 * Tells the user what its rounds have told so far and what this one adds, before anything is trained.
 * @throws CairnError `privacy-budget` where that is more than the client's policy allows; `policy-noise` where the task
 * had more noise before; `privacy-infeasible` and `settings-invalid` for noise that cannot be had; the signal's reason
 * once the round is over
 */
export async function checkPrivacy({ context, settings, over, emit }: RoundAtWork): Promise<void> {
  const { consent, policy } = context;
  const { privacy } = settings;
  const counted = deltaOf(settings);
  const quote = await consent.quote(settings, counted);
  over.throwIfAborted();
  const { before, after } = quote;
  if (privacy !== undefined) emit({ kind: 'privacy', ...privacy, before, after, counted });
  assertPrivacy(settings, policy, quote);
}

/** The masked input of a round. */
export interface NotedInput {
  /** `inputRecord`, in hex; undefined before there is one. */
  readonly record: string | undefined;
  /** Whether the round was counted when its training began. */
  readonly counted: boolean;
}

/**
 * Has written down what later rounds are held against; undefined where there is nothing. It comes before the sending: a
 * client that is stopped in between has noted too much, and never too little.
 */
export function note(
  { context, from }: RoundFromModel,
  { state, send, events }: Pick<ClientStep, 'state' | 'send' | 'events'>,
  { record, counted }: NotedInput,
): Promise<void> | undefined {
  const { consent, policy } = context;
  const lied = events.find((event) => event.kind === 'false-dealing');
  if (lied !== undefined) return consent.proven(from, lied.member);
  const signing = events.find((event) => event.kind === 'signing');
  if (signing !== undefined) return consent.signing(from, signing.members, signing.session, policy);
  if (record === undefined || !send.some((bytes) => messageName(bytes) === 'maskedInput')) return undefined;
  return consent.sending(from, { input: record, ids: idsOf(state), counted }, policy);
}

/** Ids of the roster that a state's session is of. */
const idsOf = (state: ClientState): readonly number[] => ('facts' in state ? (state.facts.ids ?? []) : []);
