import type { ClientStep } from '../../protocol/aggregation/client/types.ts';
import { messageName } from '../../protocol/wire/header.ts';
import { assertPrivacy, deltaOf } from '../consent/assert-privacy.ts';
import type { RoundAtWork } from './context.ts';

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

/**
 * Has written down what later rounds are held against; undefined where there is nothing. It comes before the sending: a
 * client that is stopped in between has noted too much, and never too little.
 */
export function note(
  { context, settings }: RoundAtWork,
  { send, events }: Pick<ClientStep, 'send' | 'events'>,
): Promise<void> | undefined {
  const { consent, policy } = context;
  const revealed = events.find((event) => event.kind === 'revealed');
  if (revealed !== undefined) return consent.revealing(settings, revealed.members, policy);
  return send.some((bytes) => messageName(bytes) === 'maskedInput') ? consent.sending(settings, policy) : undefined;
}
