import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { encodeAbort, type RoundInvitation } from '../../protocol/wire/index.ts';
import type { RoundContext } from './context.ts';

/**
 * Refuses an invitation to a round whose scheme this client was not given: nothing is fetched, trained or remembered
 * for it. Its user is told, and the coordinator gets an Abort, as for any other refusal. The reason follows from the
 * settings and from how the client was started, so it is sent unchanged unless the client's policy is to give no
 * reasons.
 */
export function refuseForeign(
  context: Pick<RoundContext, 'emit' | 'policy' | 'refusals' | 'send'>,
  invitation: RoundInvitation,
  error: CairnError,
): void {
  const { emit, policy, refusals, send } = context;
  const { task, round } = invitation.settings;
  const told = policy.tellReason === false ? new CairnError('member-left', 'the client left the round') : error;
  const abort = encodeAbort(invitation, told);
  emit({ kind: 'sent', task, round, message: 'abort', bytes: abort.length });
  // Whether the coordinator accepts it makes no difference to a client that is in no such round.
  send(abort).catch((thrown: unknown) => {
    const { code, message } = asCairnError(thrown);
    emit({ kind: 'ignored', code, message });
  });
  const { code, message, hint } = error;
  emit({ kind: 'refused', task, round, code, message, hint, repeated: refusals.isRepeated(task, error) });
}
