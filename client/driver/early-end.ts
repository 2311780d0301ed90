import type { ClientEvent } from '../../protocol/rounds/index.ts';
import { equalBytes } from '../../protocol/crypto/index.ts';
import { isErrorCode } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import { decodeAbort, decodeInvitation, decodeOutcome, messageName } from '../../protocol/wire/index.ts';

/**
 * How a round ended before its session had started; undefined for a message that does not say so. It believes as much of
 * it as a session would: an update that was not sent is in no sum.
 * @param bytes of a message from the coordinator
 * @param invitation bytes of the round's invitation
 * @throws CairnError `wire-…` for an Outcome or Abort that is badly formed
 */
export function earlyEnd(
  bytes: Uint8Array,
  invitation: Uint8Array,
): Extract<ClientEvent, { kind: 'committed' | 'abandoned' }> | undefined {
  const name = messageName(bytes);
  if (name !== 'outcome' && name !== 'abort') return undefined;
  const message = name === 'outcome' ? decodeOutcome(bytes) : { ...decodeAbort(bytes), kind: 'abandoned' as const };
  const { suite, context } = decodeInvitation(invitation);
  if (message.suite !== suite || !equalBytes(message.context, context)) return undefined;
  if (message.kind === 'abandoned') {
    const { code } = message;
    const text = printable(message.message);
    return { kind: 'abandoned', code: isErrorCode(code) ? code : undefined, message: text };
  }
  return message.included ? undefined : { kind: 'committed', included: false, modelHash: message.modelHash };
}
