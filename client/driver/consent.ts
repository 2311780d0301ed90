import {
  type ClientStep,
  type CollectingState,
  type RememberedSession,
  stateTaking,
} from '../../protocol/rounds/index.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import { assertConsent } from '../../protocol/schemes/secagg/index.ts';
import { assertPrivacy, deltaOf } from '../consent/assert-privacy.ts';
import type { RoundAtWork, RoundContext, RoundFromModel } from './context.ts';

/**
 * Holds a round against what the client's policy says of its settings alone, before anything is fetched for it. The policy
 * is the client's: no scheme has a word in that.
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

/** The input of a round. */
export interface NotedInput {
  /** `inputRecord`, in hex; undefined before there is one. */
  readonly record: string | undefined;
  /** Whether the round was counted when its training began. */
  readonly counted: boolean;
}

/** What is noted about, and where. */
interface RoundNoted extends Pick<RoundFromModel, 'from'> {
  readonly context: Pick<RoundContext, 'consent' | 'policy'>;
}

/**
 * Has written down what later rounds are held against; undefined where there is nothing. It comes before the sending: a
 * client that is stopped in between has noted too much, and never too little. An input is noted in every scheme, also in
 * one that shows no session; and one step may call for several notes.
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
