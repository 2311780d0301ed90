import {
  type ClientStep,
  type CollectingState,
  type RememberedSession,
  stateTaking,
  assertConsent,
} from '../../protocol/rounds/index.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import { assertPrivacy, deltaOf } from '../consent/assert-privacy.ts';
import type { RoundAtWork, RoundContext, RoundFromModel } from './context.ts';

/**
 * Checks a round against the client's policy on its settings alone, before anything is fetched for it. The policy is
 * the client's: no scheme can change it.
 * @throws whatever `assertConsent` throws; the signal's reason once the round is over
 */
export async function checkPolicy({ context, settings, over }: RoundAtWork): Promise<void> {
  const { consent, policy, trainer } = context;
  // A model that was measured from has been fetched, and its round counted.
  const point = trainer.models.known(settings.modelHash);
  const { roundsWithinDay } = await consent.history(point === undefined ? undefined : toHex(point));
  over.throwIfAborted();
  assertConsent(settings, policy, { roundsWithinDay });
}

/**
 * Tells the user what its rounds have revealed so far and what this one adds, before anything is trained.
 * @throws CairnError `privacy-budget` if that is more than the client's policy allows; `policy-noise` if the task had
 * more noise before; `privacy-infeasible` and `settings-invalid` for impossible noise; the signal's reason once the
 * round is over
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

/** The input of a round. */
export interface NotedInput {
  /** `inputRecord`, in hex; undefined before there is one. */
  readonly record: string | undefined;
  /** Whether the round was counted when its training began. */
  readonly counted: boolean;
}

/** The round that notes are about, and the memory they go to. */
interface RoundNoted extends Pick<RoundFromModel, 'from'> {
  readonly context: Pick<RoundContext, 'consent' | 'policy'>;
}

/**
 * Records what later rounds are checked against; undefined if there is nothing to record. It comes before the sending:
 * a client that is stopped in between has recorded too much, never too little. An input is recorded in every scheme,
 * even one that shows no session; and one step may call for several notes.
 */
export function note(
  { context, from }: RoundNoted,
  {
    session: known,
    send,
    events,
  }: Pick<ClientStep, 'send' | 'events'> & { readonly session: RememberedSession | undefined },
  { record, counted }: NotedInput,
): Promise<void> | undefined {
  const { consent, policy } = context;
  const answers = (state: CollectingState): boolean => send.some(({ name }) => stateTaking(name) === state);
  const notes: Promise<void>[] = [];
  for (const event of events) if (event.kind === 'false-dealing') notes.push(consent.proven(from, event.member));
  if (known !== undefined && answers('share-keys')) notes.push(consent.sharing(from, known, policy));
  if (record !== undefined && answers('masked-input')) {
    notes.push(consent.sending(from, { input: record, counted, ...known }, policy));
  }
  for (const event of events) if (event.kind === 'signing') notes.push(consent.signing(from, event, policy));
  return notes.length === 0 ? undefined : Promise.all(notes).then(() => undefined);
}
